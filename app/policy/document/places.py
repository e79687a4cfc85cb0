"""Finds the line of a JSON pointer in a policy document. Pure."""

from app.policy.document.source import DocumentFault, Node


class Places:
    """The lines of a document's nodes by JSON pointer."""

    def __init__(self, root: Node) -> None:
        self._lines = {node.pointer: node.line for node in root.walk()}

    def line(self, pointer: str) -> int | None:
        """The line of a pointer, or of its nearest ancestor that has one."""
        while pointer and pointer not in self._lines:
            pointer = pointer.rpartition("/")[0]
        return self._lines.get(pointer)

    def fault(
        self, code: str, pointer: str, problem: str, expected: str = "", near: str | None = None
    ) -> DocumentFault:
        """A fault at a pointer, with its line."""
        return DocumentFault(code, pointer, self.line(pointer), problem, expected, near)
