from __future__ import annotations

from sandbox_agent.agents.claude.todos import Todos
from sandbox_agent.schema.events import Todo


def test_single_entries_add_up_to_the_list() -> None:
    todos = Todos()
    list(todos.after("TaskCreate", {"subject": "A"}, {"task": {"id": "1", "subject": "A"}}))
    (second,) = todos.after("TaskCreate", {"subject": "B"}, {"task": {"id": "2", "subject": "B"}})
    assert [todo.content for todo in second.todos] == ["A", "B"]
    done = {"success": True, "taskId": "1", "statusChange": {"from": "pending", "to": "completed"}}
    (third,) = todos.after("TaskUpdate", {"taskId": "1", "status": "completed"}, done)
    assert third.todos[0] == Todo(id="1", content="A", status="completed")
    (fourth,) = todos.after("TaskUpdate", {"taskId": "1", "status": "deleted"}, {"success": True, "taskId": "1"})
    assert [todo.id for todo in fourth.todos] == ["2"]
    (fifth,) = todos.after("TaskUpdate", {"taskId": "2", "subject": "C"}, {"success": True, "taskId": "2"})
    assert fifth.todos == (Todo(id="2", content="C", status="pending"),)


def test_what_changes_nothing_is_not_told() -> None:
    todos = Todos()
    assert list(todos.after("TaskUpdate", {"taskId": "9"}, {"success": True})) == []
    assert list(todos.after("TaskList", {}, {"tasks": []})) == []
    assert list(todos.after("Bash", {}, {"task": {"id": "1", "subject": "A"}})) == []
    assert list(todos.after("TaskCreate", {}, {})) == []


def test_the_whole_list_replaces_what_was_known() -> None:
    todos = Todos()
    list(todos.after("TodoWrite", {}, {"newTodos": [{"content": "A", "status": "in_progress"}]}))
    (told,) = todos.after("TodoWrite", {}, {"newTodos": [{"content": "B", "status": "odd"}]})
    assert told.todos == (Todo(id="1", content="B", status="pending"),)
    (cleared,) = todos.after("TodoWrite", {}, {"newTodos": []})
    assert cleared.todos == ()
