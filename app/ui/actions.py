"""Every action there is, as one registry: menus, palette, shortcuts, buttons and tests all take theirs from here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.icons import icon
from app.ui.theme import theme

Place = Literal["window", "editor", "canvas", "field", "list"]
"""Where its keys work: everywhere, while the editor is shown, on its canvas, in a field of the inspector, or in a list.

F5 runs in the editor and reloads a list; what a field takes does not reach the editor.
"""


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action; `keys` is its shortcut in portable form, `hint` a sentence for tooltip and status."""

    id: str
    text: str
    icon: str = ""
    keys: tuple[str, ...] = ()
    place: Place = "window"
    menu: Literal["file", "edit", "view", "run", "help", ""] = ""
    hint: str = ""
    checkable: bool = False

    @property
    def title(self) -> str:
        """What it is called where nothing else explains it."""
        return self.text.replace("&", "")


_GROUPS = (
    ("parallel", "Parallel", "columns-3"),
    ("try_catch", "Try / catch", "shield-check"),
    ("if_else", "If / else", "split"),
    ("switch_case", "Switch", "list-filter"),
    ("foreach", "For each", "repeat"),
    ("while", "While", "refresh-cw"),
)

SPECS = (
    ActionSpec("go-workflows", "Workflows", "workflow", ("Ctrl+1",), menu="view", checkable=True),
    ActionSpec("go-editor", "Editor", "pencil-ruler", ("Ctrl+2",), menu="view", checkable=True),
    ActionSpec("go-runs", "Runs", "activity", ("Ctrl+3",), menu="view", checkable=True),
    ActionSpec("go-triggers", "Triggers", "zap", ("Ctrl+4",), menu="view", checkable=True),
    ActionSpec("new-workflow", "New workflow", "plus", ("Ctrl+N",), menu="file"),
    ActionSpec("import-workflow", "Import…", "import", ("Ctrl+O",), menu="file", hint="Import a .workflow.json file as a draft"),
    ActionSpec("export-workflow", "Export as file…", "file-down", (), menu="file", hint="Write the draft to a .workflow.json file"),
    ActionSpec("save", "Save now", "cloud-upload", ("Ctrl+S",), "editor", "file", "Edits are saved by themselves; this does it at once"),
    ActionSpec("publish", "Publish", "rocket", ("Ctrl+Shift+P",), "editor", "file", "Make the draft the version that runs"),
    ActionSpec("versions", "Versions", "history", ("Ctrl+Shift+H",), "editor", "view", "Compare with what was published", True),
    ActionSpec("next-change", "Next change", "chevron-down", ("F7",), "editor", "view", "In the comparison of versions"),
    ActionSpec("previous-change", "Previous change", "chevron-up", ("Shift+F7",), "editor", "view", "In the comparison of versions"),
    ActionSpec("close-tab", "Close tab", "x", ("Ctrl+W",), "editor", "file"),
    ActionSpec("reopen-tab", "Open the closed tab again", "", ("Ctrl+Shift+T",), "editor", "file"),
    ActionSpec("next-tab", "Last used tab", "", ("Ctrl+Tab",), "editor", "view", "Goes on while Ctrl is held"),
    ActionSpec("previous-tab", "Last used tab, backwards", "", ("Ctrl+Shift+Tab",), "editor", "view"),
    ActionSpec("quit", "Quit", "", ("Ctrl+Q",), menu="file"),
    ActionSpec("undo", "Undo", "undo-2", ("Ctrl+Z",), "editor", "edit"),
    ActionSpec("redo", "Redo", "redo-2", ("Ctrl+Shift+Z", "Ctrl+Y"), "editor", "edit"),
    ActionSpec("history", "History", "history", ("Ctrl+Alt+Z",), "editor", "edit", "What was done, to go back to any of it"),
    ActionSpec("add-step", "Add a step…", "plus", (), "canvas", "edit", "Type what to add; Space does it at the pointer"),
    ActionSpec("add-step-after", "Add a step after this…", "", (), "canvas", "edit", "Shift and Space do it too"),
    ActionSpec(
        "connect-selected", "Connect", "link", ("Ctrl+L",), "canvas", "edit", "Each to the next, in the order in which they were selected"
    ),
    ActionSpec("cut", "Cut", "scissors", ("Ctrl+X",), "canvas", "edit"),
    ActionSpec("copy", "Copy", "copy", ("Ctrl+C",), "canvas", "edit", "Copy as the text of a workflow"),
    ActionSpec("paste", "Paste", "clipboard-paste", ("Ctrl+V",), "canvas", "edit", "Put in what the clipboard holds, at the pointer"),
    ActionSpec(
        "paste-with-wires", "Paste with outside wires", "", ("Ctrl+Shift+V",), "canvas", "edit", "Connect the copy as the original was"
    ),
    ActionSpec("duplicate", "Duplicate", "copy", ("Ctrl+D",), "canvas", "edit", "A copy beside it; or drag with Ctrl"),
    ActionSpec("delete-selection", "Delete", "trash-2", ("Del", "Backspace"), "canvas", "edit", "Delete and join the neighbours"),
    ActionSpec("delete-and-leave-gap", "Delete and leave the gap", "", ("Shift+Del",), "canvas", "edit"),
    ActionSpec("edit-condition", "Edit the condition", "split", (), "canvas", "edit", "When the connection is taken; F2 or a double click"),
    ActionSpec("reset-route", "Straighten", "route", (), "canvas", "edit", "Let the connection go its own way again"),
    ActionSpec("select-all", "Select all", "", ("Ctrl+A",), "canvas", "edit"),
    ActionSpec("select-upstream", "Select what leads here", "", ("Alt+Shift+Left",), "canvas", "edit"),
    ActionSpec("select-downstream", "Select what follows", "", ("Alt+Shift+Right",), "canvas", "edit"),
    *(
        ActionSpec(f"align-{side}", f"Align {side}", f"align-{icon}", (f"Alt+{key}",), "canvas", "")
        for side, icon, key in (
            ("left", "start-vertical", "A"),
            ("centre", "center-vertical", "H"),
            ("right", "end-vertical", "D"),
            ("top", "start-horizontal", "W"),
            ("middle", "center-horizontal", "V"),
            ("bottom", "end-horizontal", "S"),
        )
    ),
    ActionSpec("distribute-across", "Distribute across", "align-horizontal-distribute-center", ("Alt+Shift+H",), "canvas"),
    ActionSpec("distribute-down", "Distribute down", "align-vertical-distribute-center", ("Alt+Shift+V",), "canvas"),
    ActionSpec("group-selection", "Group", "group", ("Ctrl+G",), "editor", "edit", "Put a group of the last type around what is selected"),
    *(ActionSpec(f"group-as-{type}", f"Group: {title}", icon, (), "editor") for type, title, icon in _GROUPS),
    ActionSpec("ungroup", "Ungroup", "ungroup", ("Ctrl+Shift+G",), "editor", "edit", "Take the group away and keep what is in it"),
    *(ActionSpec(f"retype-{type}", f"Turn into: {title}", icon, (), "editor") for type, title, icon in _GROUPS),
    ActionSpec("extract-subflow", "Extract to a sub-workflow…", "package", ("Ctrl+Alt+E",), "editor", "edit"),
    ActionSpec("expand-subflow", "Expand in place", "maximize-2", ("Ctrl+Alt+X",), "editor", "edit", "Put the called workflow here"),
    ActionSpec("open-subflow", "Open the sub-workflow", "external-link", ("Alt+Right",), "editor", "view"),
    ActionSpec("back-to-caller", "Back to the calling workflow", "chevron-left", ("Alt+Left",), "editor", "view"),
    ActionSpec("select-around", "Select the group around", "", ("Alt+Up",), "canvas", "edit"),
    ActionSpec("select-inside", "Select what stands in the group", "", ("Alt+Down",), "canvas", "edit"),
    ActionSpec("toggle-fold", "Fold or open", "chevrons-up-down", ("Ctrl+E",), "editor", "view", "Show the group as one node, or open it"),
    ActionSpec("fold-all", "Fold all groups", "minimize-2", (), "editor", "view"),
    ActionSpec("open-all", "Open all groups", "maximize-2", ("Ctrl+Shift+E",), "editor", "view"),
    ActionSpec("find-in-workflow", "Find in this workflow…", "search", ("Ctrl+F",), "editor", "edit"),
    ActionSpec("find-next", "Find next", "arrow-down", ("F3",), "editor", "edit"),
    ActionSpec("find-previous", "Find previous", "arrow-up", ("Shift+F3",), "editor", "edit"),
    ActionSpec("replace-in-workflow", "Replace in this workflow…", "shuffle", ("Ctrl+H",), "editor", "edit"),
    ActionSpec("uses-of-step", "What names this step…", "link", ("Shift+F12",), "editor", "edit", "The expressions that use its output"),
    ActionSpec("rename-element", "Rename", "text", ("F2",), "editor", "edit", "Expressions that name it follow"),
    ActionSpec("export-picture", "Export as picture…", "download", ("Ctrl+Shift+S",), "editor", "file", "PNG, SVG or PDF of the canvas"),
    ActionSpec("copy-picture", "Copy as picture", "copy", ("Ctrl+Alt+C",), "editor", "edit", "The selection, or everything"),
    ActionSpec("add-note", "Add a note", "sticky-note", ("Ctrl+Shift+N",), "editor", "edit", "A sticky note where the pointer is"),
    ActionSpec("edit-note", "Write the note", "sticky-note", (), "editor", "edit", hint="Markdown; Esc ends it"),
    *(
        ActionSpec(f"note-{colour}", f"Note: {colour.capitalize()}", "sticky-note", (), "editor")
        for colour in ("yellow", "blue", "green", "purple", "pink", "orange", "grey")
    ),
    ActionSpec("auto-layout", "Tidy up", "wand-sparkles", ("Ctrl+Shift+F",), "editor", "edit", "Lay out what is selected, or everything"),
    ActionSpec("run", "Run", "play", ("F5",), "editor", "run", "Run the draft as it is now"),
    ActionSpec("run-with-input", "Run with input…", "braces", ("Shift+F5",), "editor", "run"),
    ActionSpec("stop", "Stop the run", "square", ("Ctrl+.", "Shift+F5"), "editor", "run"),
    ActionSpec("test-step", "Test step", "play", ("Ctrl+Return",), "editor", "run", "Run this step alone, on the data of the last run"),
    ActionSpec("test-step-with-input", "Test step with input…", "braces", ("Ctrl+Shift+Return",), "editor", "run"),
    ActionSpec("run-to-here", "Run to here", "flag", ("Ctrl+F10",), "editor", "run", "Run what this step needs, and stop after it"),
    ActionSpec("run-from-here", "Run from here", "skip-forward", ("Ctrl+Shift+F10",), "editor", "run", "Run this step and what follows it"),
    ActionSpec(
        "pin-output", "Pin output", "pin", ("Ctrl+Shift+O",), "editor", "run", "In test runs the last output stands in for the step"
    ),
    ActionSpec("edit-pin", "Edit pinned output…", "pin", (), "editor", "run"),
    ActionSpec(
        "complete-expression", "List what fits here", "list", ("Ctrl+Space",), "field", "edit", "What an expression may name at the caret"
    ),
    ActionSpec(
        "large-editor", "Edit in a large editor", "maximize-2", ("Ctrl+E",), "field", "edit", "The field with the caret, its data beside it"
    ),
    ActionSpec("toggle-breakpoint", "Breakpoint before this step", "octagon", ("F9",), "editor", "run", "Runs from here pause before it"),
    ActionSpec("toggle-breakpoint-after", "Breakpoint after this step", "octagon", ("Alt+F9",), "editor", "run"),
    ActionSpec("edit-breakpoint", "Breakpoint condition…", "braces", ("Alt+Shift+F9",), "editor", "run", "Only when an expression holds"),
    ActionSpec("switch-breakpoint", "Switch breakpoint off", "", ("Shift+F9",), "editor", "run"),
    ActionSpec("clear-breakpoints", "Remove all breakpoints", "trash-2", (), "editor", "run"),
    ActionSpec("resume-run", "Resume the paused run", "play", ("F8",), "editor", "run", "On to the next breakpoint"),
    ActionSpec("step-over", "Step", "step-forward", ("F10",), "editor", "run", "On to the next step"),
    ActionSpec("skip-step", "Skip the step it pauses before", "skip-forward", ("Shift+F8",), "editor", "run", "Its input is its output"),
    ActionSpec("step-into", "Step into the group", "corner-down-right", ("F11",), "editor", "run", "On to the first step inside"),
    ActionSpec("leave-run", "Back to the draft", "x", (), "editor", "run", "Take the run off the canvas"),
    ActionSpec("zoom-in", "Zoom in", "plus", ("Ctrl++", "Ctrl+="), "editor", "view"),
    ActionSpec("zoom-out", "Zoom out", "minus", ("Ctrl+-",), "editor", "view"),
    ActionSpec("zoom-100", "Actual size", "search", ("Ctrl+0",), "editor", "view"),
    ActionSpec("zoom-fit", "Zoom to fit", "maximize", ("Ctrl+9",), "editor", "view"),
    ActionSpec("toggle-palette", "Palette", "panel-left", ("Ctrl+Shift+L",), "editor", "view", checkable=True),
    ActionSpec("toggle-outline", "Outline", "list-tree", ("Ctrl+Shift+U",), "editor", "view", "The workflow as a tree", checkable=True),
    ActionSpec("toggle-inspector", "Inspector", "panel-right", ("Ctrl+Shift+I",), "editor", "view", checkable=True),
    ActionSpec("toggle-bottom", "Bottom panel", "panel-bottom", ("Ctrl+J",), "editor", "view", checkable=True),
    ActionSpec(
        "data-side-by-side", "Input and output side by side", "columns-2", ("Ctrl+Shift+J",), "editor", "view", "In the Data tab", True
    ),
    ActionSpec("toggle-captions", "Captions in the rail", "", (), menu="view", checkable=True),
    ActionSpec("theme-system", "Follow the system", "monitor", menu="view", checkable=True),
    ActionSpec("theme-dark", "Dark", "moon", menu="view", checkable=True),
    ActionSpec("theme-light", "Light", "sun", menu="view", checkable=True),
    ActionSpec("reduce-motion", "Reduce motion", "", menu="view", checkable=True),
    ActionSpec("next-panel", "Next panel", "", ("F6",), menu="view", hint="From panel to panel, to where you were in each"),
    ActionSpec("previous-panel", "Panel before", "", ("Shift+F6",), menu="view"),
    ActionSpec("command-palette", "Find anything…", "search", ("Ctrl+K",), menu="edit", hint="Actions, steps, workflows and runs by name"),
    ActionSpec("uses-of-workflow", "Where this workflow is used…", "network", (), menu="edit", hint="Workflows and triggers that start it"),
    ActionSpec("search", "Search", "search", ("Ctrl+F", "/"), "list", "edit"),
    ActionSpec("paste-workflow", "Paste as a new workflow", "clipboard-paste", ("Ctrl+V",), "list", "edit"),
    ActionSpec("reload", "Reload", "refresh-cw", ("F5",), "list", "view"),
    ActionSpec("delete-workflow", "Delete", "trash-2", ("Del",), "list", "edit"),
    ActionSpec("help", "Help", "circle-question-mark", ("F1",), menu="help", hint="Pages on everything the program does"),
    ActionSpec("cheat-sheet", "Keyboard shortcuts", "square-terminal", ("Ctrl+/", "?"), menu="help", hint="All keys on one page"),
    ActionSpec("change-keys", "Change keys…", "settings", (), menu="help", hint="Give actions other keys"),
    ActionSpec("about", "About Orchestrion", "info", (), menu="help"),
)


_BY_ID = {spec.id: spec for spec in SPECS}
_ELSEWHERE: dict[Place, str] = {
    "window": "",
    "editor": "Works in the editor.",
    "canvas": "Works on the canvas.",
    "field": "Works in a field of the inspector.",
    "list": "Works in a list.",
}


class Actions(QObject):
    """The QActions of one window, by id. What an action does is said by whoever can do it, through `bind`."""

    keys_changed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._actions = {spec.id: self._made(spec) for spec in SPECS}
        for spec in SPECS:
            if spec.place == "window":
                window.addAction(self._actions[spec.id])
        # A hundred icons in another colour: not in the same breath as the window itself.
        theme().changed.connect(self._tint_soon)
        self._tint()

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def __contains__(self, id: object) -> bool:
        return id in self._actions

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._actions.values())

    def bind(self, id: str, do: Callable[[], object]) -> None:
        self._actions[id].triggered.connect(lambda _checked=False: do())

    def enable(self, id: str, on: bool, why: str = "") -> None:
        """Switch an action on or off; `why` is the sentence that says why it is off."""
        action = self._actions[id]
        action.setStatusTip("" if on else why)
        action.setEnabled(on)

    def why_off(self, id: str) -> str:
        """Why it cannot be done now, as a sentence; empty when it can."""
        action = self._actions[id]
        if not action.isEnabled():
            return action.statusTip() or "Not now."
        return "" if self.is_at_hand(id) else _ELSEWHERE[_BY_ID[id].place]

    def keys_of(self, id: str) -> tuple[str, ...]:
        """Its keys in portable form."""
        return tuple(keys.toString(QKeySequence.SequenceFormat.PortableText) for keys in self._actions[id].shortcuts())

    def set_keys(self, keys: Mapping[str, Sequence[str]]) -> None:
        """Give these actions other keys, and all others their own."""
        for spec in SPECS:
            self._actions[spec.id].setShortcuts([QKeySequence(each) for each in keys.get(spec.id, spec.keys)])
        self.keys_changed.emit()

    def in_menu(self, menu: str) -> list[QAction]:
        """The actions of a menu that can work where one is now, even if they are off."""
        return [self._actions[spec.id] for spec in SPECS if spec.menu == menu and self.is_at_hand(spec.id)]

    def install(self, place: Place, widget: QWidget) -> None:
        """Make the keys of all actions of a place work while the focus is in `widget`."""
        for spec in SPECS:
            if spec.place == place:
                widget.addAction(self._actions[spec.id])

    def is_at_hand(self, id: str) -> bool:
        """An action works where a widget that holds it is shown."""
        holders = [holder for holder in self._actions[id].associatedObjects() if isinstance(holder, QWidget)]
        return _BY_ID[id].place == "window" or any(holder.isVisible() for holder in holders if not isinstance(holder, QMenu))

    def _made(self, spec: ActionSpec) -> QAction:
        action = QAction(spec.text, self)
        action.setObjectName(spec.id)
        action.setShortcuts([QKeySequence(keys) for keys in spec.keys])
        action.setToolTip(spec.hint or spec.text.rstrip("…"))
        action.setCheckable(spec.checkable)
        action.setIconVisibleInMenu(not spec.checkable)  # in a menu the mark stands there
        if spec.place == "field":  # a field takes its keys itself, before the editor may mean something else by them
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        elif spec.place != "window":
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return action

    def _tint_soon(self) -> None:
        QTimer.singleShot(0, self, self._tint)

    def _tint(self) -> None:
        for spec in SPECS:
            if spec.icon:
                self._actions[spec.id].setIcon(icon(spec.icon, theme().tokens.text_second))
