/** A TCP proxy on loopback that counts event streams, and cuts them after a random number of bytes. Its target may change. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export interface ProxyOptions {
  /** Where the chance begins; never cuts when absent. */
  seed?: number;
  /** The most bytes a stream may have. */
  longest?: number;
}

const STREAMS = /\/(events\/sse|install\/stream|messages\/stream)/;

export class Proxy {
  url = "";
  /** Where new connections go. */
  target: string;
  /** Event streams that were asked for. */
  streams = 0;
  /** Streams that are open now. */
  open = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting: (() => void)[] = [];

  private constructor(
    target: string,
    private readonly options: ProxyOptions,
  ) {
    this.target = target;
    let chance = options.seed ?? 0;
    this.#server = createServer((down) => {
      chance = (chance * 1_103_515_245 + 12_345) % 2_147_483_648;
      const { hostname, port } = new URL(this.target);
      this.#relay(down, connect(Number(port), hostname), chance / 2_147_483_648);
    });
  }

  static async to(target: string, options: ProxyOptions = {}): Promise<Proxy> {
    const proxy = new Proxy(target, options);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    proxy.url = `http://127.0.0.1:${(proxy.#server.address() as AddressInfo).port}`;
    return proxy;
  }

  async allClosed(): Promise<void> {
    while (this.open > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #relay(down: Socket, up: Socket, chance: number): void {
    const { seed, longest = 3000 } = this.options;
    let left = Infinity;
    let streams = false;
    for (const socket of [down, up]) {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.#sockets.delete(socket));
    }
    down.on("data", (chunk: Buffer) => {
      if (!streams && chunk.toString("latin1").split("\r\n", 1)[0]?.match(STREAMS)) {
        streams = true;
        this.streams += 1;
        this.open += 1;
        if (seed !== undefined) left = 1 + Math.floor(chance * longest);
      }
      up.write(chunk);
    });
    up.on("data", (chunk: Buffer) => {
      down.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) down.end(() => down.destroy());
    });
    up.on("close", () => down.destroy());
    down.on("close", () => {
      up.destroy();
      if (!streams) return;
      this.open -= 1;
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }
}
