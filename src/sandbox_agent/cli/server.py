"""`sandbox-agent server`: run the daemon until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import contextlib
import functools
import gc
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox_agent.cli.hiding import hide_variable
from sandbox_agent.cli.loglevel import shows_info
from sandbox_agent.cli.options import TOKEN_VARIABLE, NoToken, add_token_options, given_token, port_number

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Mapping, MutableMapping
    from socket import socket

    from sandbox_agent.runtime.settings import Settings
    from sandbox_agent.server.config import Cors, ServerSettings
    from sandbox_agent.server.logfile import LogFile

__all__ = ["add_parser", "add_server_options", "run"]

FAILED = 1
_UI = Path(__file__).parents[1] / "server" / "ui" / "index.html"
_OFF = frozenset({"0", "false"})


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add the command to the parser of `sandbox-agent`."""
    parser = subparsers.add_parser(
        "server",
        help="run the daemon: HTTP and server-sent events",
        description="Serve the API until SIGTERM or SIGINT. A token is needed to listen beyond this machine.",
        epilog="example: sandbox-agent server --port 2468 --token-file token\n\n"
        f"Environment: {TOKEN_VARIABLE} is the token when none is given here; "
        "SANDBOX_AGENT_LOG_HTTP=0 turns the request log off; SANDBOX_AGENT_LOG_HTTP_HEADERS=1 adds headers to it; "
        "SANDBOX_AGENT_DATA_DIR is where agents are installed; SANDBOX_AGENT_LOG_TO_FILE=1 is --log-to-file, "
        "and SANDBOX_AGENT_LOG_DIR the folder of its files (default: logs in the data folder).",
    )
    add_server_options(parser)
    add = parser.add_argument
    add("--fd", type=int, metavar="N", help="serve on this inherited listening socket; host and port are not used")
    add("--exit-with-parent", action="store_true", help="stop when standard input, a pipe, is closed")
    parser.set_defaults(run=run)


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Add what `daemon start` passes on to the server it starts."""
    add = parser.add_argument
    add("-H", "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add(
        "-p",
        "--port",
        type=port_number,
        default=2468,
        help="port to listen on, 0 for a free one (default: %(default)s)",
    )
    add_token_options(parser, token="ask every client for this token", none="let in everybody, on any address")  # noqa: S106
    repeat = functools.partial(add, action="append", default=[], metavar="VALUE")
    repeat("-O", "--cors-allow-origin", help="a web page's origin that may use this server (repeatable)")
    repeat("-M", "--cors-allow-method", help="a method such pages may use (repeatable; default: all)")
    repeat("-A", "--cors-allow-header", help="a header such pages may send (repeatable; default: all)")
    add("-C", "--cors-allow-credentials", action="store_true", help="let such pages send credentials")
    add(
        "--mock-pace", type=float, default=0.02, metavar="SECONDS", help="pace of the mock agent (default: %(default)s)"
    )
    add("--fs-root", type=_folder, metavar="DIR", help="the file API cannot leave this folder (default: no limit)")
    add("--socket", type=_absolute, metavar="PATH", help="serve on a unix socket; host and port are not used")
    repeat("--require", type=_agent, help="an agent without which GET /v1/ready says no (repeatable)")
    add("--log-to-file", action="store_true", help="log into a file for each day instead of stderr; 7 days are kept")
    add("--no-telemetry", action="store_true", help="accepted for old scripts; there is no telemetry")


def run(args: argparse.Namespace) -> int:
    """Serve; 0 after a stop that was asked for, 1 when it cannot begin."""
    _open_standard_streams()
    try:
        os.getcwd()  # noqa: PTH109 - pathlib takes longer to import
    except OSError:
        return _fail("the working directory does not exist any more; change into another")
    token, problem = _token(args, os.environ)
    if problem is None:
        from sandbox_agent.server.cors import check_cors  # noqa: PLC0415 - after the cheap checks

        problem = check_cors(_cors(args))
    if problem is not None:
        return _fail(problem)
    if args.no_telemetry:
        print("There is no telemetry to turn off.", file=sys.stderr)
    return _serve(args, token)


def _serve(args: argparse.Namespace, token: str | None) -> int:
    from socket import AF_UNIX  # noqa: PLC0415 - see `run`

    from sandbox_agent.server.listen import CannotListen, is_loopback, remove, url_of  # noqa: PLC0415

    try:
        sock = _socket(args)
    except CannotListen as error:
        return _fail(str(error))
    if args.fd is not None and sock.family != AF_UNIX:
        args.host = str(sock.getsockname()[0])
    loopback = is_loopback(sock)
    if not loopback and token is None and not args.no_token:
        sock.close()
        return _fail(
            f"{args.host} can be reached from other machines: give a --token, or --no-token to let in everybody"
        )
    # A browser cannot reach a unix socket, so there the Host header is of no interest.
    settings = _server_settings(args, token, loopback=loopback and sock.family != AF_UNIX)
    try:
        return _run(args, sock, settings, url_of(sock, args.host))
    finally:
        if args.socket is not None:
            remove(sock, args.socket)


def _socket(args: argparse.Namespace) -> socket:
    from sandbox_agent.server.listen import inherited, listen, listen_at  # noqa: PLC0415 - see `run`

    if args.fd is not None:
        return inherited(args.fd)
    return listen(args.host, args.port) if args.socket is None else listen_at(args.socket)


def _run(args: argparse.Namespace, sock: socket, server_settings: ServerSettings, url: str) -> int:
    gc.disable()  # until it serves: a start makes no garbage worth looking for
    import asyncio  # noqa: PLC0415 - errors above need no event loop

    from sandbox_agent.server.serve import ParentGone, serve  # noqa: PLC0415 - imports the whole server

    def ready() -> None:
        with contextlib.suppress(OSError):  # nobody has to listen
            _announce(url, token=server_settings.token is not None)
        gc.freeze()  # what is there now stays: collections need not look at it again
        gc.enable()

    try:
        log_file = _log_file(args, os.environ)
    except OSError as error:
        return _fail(f"cannot log to a file: {error}")
    settings = _settings(args)
    main = serve(sock, settings, server_settings, ready=ready, with_parent=args.exit_with_parent, log_file=log_file)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(main)
    except ParentGone as error:
        return _fail(str(error))
    finally:
        gc.enable()
    return 0


def _token(args: argparse.Namespace, environ: MutableMapping[str, str]) -> tuple[str | None, str | None]:
    """The token, or what is wrong with it. The variable is hidden: agents must not see it."""
    try:
        token = given_token(args, environ)
    except NoToken as problem:
        return None, str(problem)
    hide_variable(TOKEN_VARIABLE, environ)
    return token, None


def _cors(args: argparse.Namespace) -> Cors:
    from sandbox_agent.server.config import Cors  # noqa: PLC0415 - see `run`

    return Cors(
        origins=tuple(args.cors_allow_origin),
        methods=tuple(args.cors_allow_method),
        headers=tuple(args.cors_allow_header),
        credentials=args.cors_allow_credentials,
    )


def _server_settings(args: argparse.Namespace, token: str | None, *, loopback: bool) -> ServerSettings:
    from sandbox_agent.server.config import ServerSettings  # noqa: PLC0415 - see `run`

    return ServerSettings(
        token=token,
        loopback=loopback,
        host=args.host,
        cors=_cors(args),
        log_requests=os.environ.get("SANDBOX_AGENT_LOG_HTTP", "").lower() not in _OFF
        and shows_info(os.environ.get("RUST_LOG", "")),
        log_headers=bool(os.environ.get("SANDBOX_AGENT_LOG_HTTP_HEADERS")),
    )


def _settings(args: argparse.Namespace) -> Settings:
    from sandbox_agent.runtime.settings import Settings  # noqa: PLC0415 - see `run`

    return Settings(mock_pace=args.mock_pace, fs_root=args.fs_root, require=tuple(args.require))


def _log_file(args: argparse.Namespace, environ: Mapping[str, str]) -> LogFile | None:
    """From here on standard error goes into it. Raises `OSError`."""
    wanted = environ.get("SANDBOX_AGENT_LOG_TO_FILE", "0").lower() not in {"", *_OFF}
    if not (args.log_to_file or wanted):
        return None
    from sandbox_agent.runtime.settings import default_data_dir  # noqa: PLC0415 - see `run`
    from sandbox_agent.server.logfile import LogFile  # noqa: PLC0415 - see `run`

    folder = environ.get("SANDBOX_AGENT_LOG_DIR")
    file = LogFile(Path(folder).absolute() if folder else default_data_dir(environ) / "logs")
    file.open()
    return file


def _announce(url: str, *, token: bool) -> None:
    """Say where we are, and how to see it work."""
    login = ' -H "authorization: Bearer $TOKEN"' if token else ""
    curl = f"curl -sN{login} -H 'content-type: application/json'"
    where = url
    if url.startswith("unix:"):
        curl, url = f"{curl} --unix-socket {shlex.quote(url.removeprefix('unix:'))}", "http://localhost"
    session = f"{url}/v1/sessions/hello"
    turn = f"""  {curl} {session} -d '{{"agent":"mock"}}' && echo && """
    turn += f"""{curl} {session}/messages/stream -d '{{"message":"hello"}}'"""
    lines = [f"Sandbox Agent is listening on {where}", "A first turn, with the mock agent:", turn]
    if where == url and _UI.is_file():
        lines.insert(1, f"See and steer it in a browser: {url}/ui/")
    try:
        print(*lines, sep="\n", flush=True)
    except OSError:
        # Nobody reads it. What could not be written must not be tried again at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _open_standard_streams() -> None:
    """Take the places of closed ones, or our first sockets and pipes would get them, and be written to as such."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(number, True)


def _loop_factory() -> Callable[[], AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop


def _absolute(text: str) -> Path:
    return Path(text).absolute()


def _folder(text: str) -> Path:
    path = Path(text).absolute()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return path


def _agent(text: str) -> str:
    from sandbox_agent.agents import AGENTS  # noqa: PLC0415 - see `run`

    if text not in AGENTS:
        raise argparse.ArgumentTypeError(f"there is no agent {text!r}; there are: {', '.join(AGENTS)}")
    return text


def _fail(problem: str) -> int:
    print(f"sandbox-agent server: {problem}", file=sys.stderr)
    return FAILED
