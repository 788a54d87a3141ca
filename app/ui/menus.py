"""The main menu: every action of the registry that can work where one is now, in parts and sub-menus."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from app.ui.actions import Actions

_TITLES = (("File", "file"), ("Edit", "edit"), ("Run", "run"), ("View", "view"), ("Help", "help"))
SUBMENUS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "edit": (
        ("Add", "add-menu", ("add-",)),
        ("Select", "select-menu", ("select-",)),
        ("Find", "find-menu", ("find-", "replace-", "uses-", "command-palette")),
        ("Align and distribute", "align-menu", ("align-", "distribute-")),
        ("Group as", "group-as-menu", ("group-as-",)),
        ("Turn into", "retype-menu", ("retype-",)),
        ("Colour of the note", "note-menu", ("note-",)),
    ),
    "run": (("Breakpoints", "breakpoint-menu", ("toggle-breakpoint", "edit-breakpoint", "switch-breakpoint", "clear-breakpoints")),),
    "view": (
        ("Zoom", "zoom-menu", ("zoom-",)),
        ("Folding", "fold-menu", ("toggle-fold", "fold-all", "open-all")),
        ("Theme", "theme-submenu", ("theme-",)),
    ),
}
"""Sub-menus of a menu: title, name, and the beginnings of the ids of what is in them."""
_BEGIN_A_PART = frozenset(
    {
        "save",
        "export-picture",
        "close-tab",
        "quit",
        "cut",
        "delete-selection",
        "group-selection",
        "rename-element",
        "search",
        "test-step",
        "pin-output",
        "resume-run",
        "leave-run",
        "versions",
        "next-tab",
        "toggle-palette",
        "toggle-captions",
        "next-panel",
        "about",
    }
)


def main_menu(parent: QWidget, actions: Actions) -> QMenu:
    """The menu behind our mark. What is off says why on hover; what works elsewhere is not in it."""
    menu = QMenu(parent)
    menu.setObjectName("main-menu")
    for title, name in _TITLES:
        part = _named(menu.addMenu(title), f"{name}-menu")
        inside = {id for _, _, prefixes in SUBMENUS.get(name, ()) for id in _starting(actions, prefixes)}
        for action in actions.in_menu(name):
            if action.objectName() in inside:
                continue
            if action.objectName() in _BEGIN_A_PART and not part.isEmpty():
                part.addSeparator()
            part.addAction(action)
        for sub_title, sub_name, prefixes in SUBMENUS.get(name, ()):
            found = [actions[id] for id in _starting(actions, prefixes) if actions.is_at_hand(id)]
            if found:
                if not any(action.menu() is not None for action in part.actions()):
                    part.addSeparator()
                _named(part.addMenu(sub_title), sub_name).addActions(found)
        part.menuAction().setVisible(not part.isEmpty())
    return menu


def _named(menu: QMenu, name: str) -> QMenu:
    menu.setObjectName(name)
    menu.setToolTipsVisible(True)
    return menu


def _starting(actions: Actions, prefixes: tuple[str, ...]) -> list[str]:
    return [action.objectName() for action in actions if action.objectName().startswith(prefixes)]
