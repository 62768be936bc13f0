from sandbox_agent.runtime.policy import decide, rule_of
from sandbox_agent.schema.events import PermissionRequested


def request(action: str = "Bash", **metadata: object) -> PermissionRequested:
    return PermissionRequested(permission_id="p", action=action, metadata=metadata)


def test_a_person_must_say_by_default() -> None:
    assert decide(request(command="ls"), "default", set()) is None


def test_bypass_allows_each_request_once() -> None:
    assert decide(request(command="rm -rf x"), "bypass", set()) == "once"


def test_always_covers_the_same_command_and_no_other() -> None:
    rules = {rule_of(request(command="touch a"))}
    assert decide(request(command="touch a"), "default", rules) == "always"
    assert decide(request(command="touch b"), "default", rules) is None
    assert decide(request("Write", command="touch a"), "default", rules) is None


def test_the_rule_that_the_request_names_is_the_rule() -> None:
    rules = {rule_of(request(command="touch a", always="Bash(touch:*)"))}
    assert decide(request(command="touch b", always="Bash(touch:*)"), "default", rules) == "always"


def test_without_a_subject_the_whole_metadata_is_the_rule() -> None:
    rules = {rule_of(request(a=1))}
    assert decide(request(a=1), "default", rules) == "always"
    assert decide(request(a=2), "default", rules) is None


def test_an_input_that_is_not_text_is_compared_as_a_whole() -> None:
    assert rule_of(request("Edit", input={"x": [1]})) == 'Edit({"x":[1]})'
