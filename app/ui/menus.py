"""The main menu: every action of the registry that can work where one is now, in parts and sub-menus."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from app.ui.actions import Actions

_TITLES = (("File", "file"), ("Edit", "edit"), ("Run", "run"), ("View", "view"), ("Help", "help"))
SUBMENUS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "edit": (
        ("Align and distribute", "align-menu", ("align-", "distribute-")),
        ("Group as", "group-as-menu", ("group-as-",)),
        ("Turn into", "retype-menu", ("retype-",)),
    ),
    "view": (("Theme", "theme-submenu", ("theme-",)),),
}
"""Sub-menus of a menu: title, name, and the beginnings of the ids of what is in them."""
_BEGIN_A_PART = frozenset(
    {
        "save",
        "close-tab",
        "quit",
        "cut",
        "delete-selection",
        "select-all",
        "group-selection",
        "find-in-workflow",
        "uses-of-step",
        "rename-element",
        "command-palette",
        "test-step",
        "pin-output",
        "leave-run",
        "next-tab",
        "zoom-in",
        "toggle-palette",
        "toggle-captions",
        "versions",
        "toggle-fold",
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
                _named(part.addMenu(sub_title), sub_name).addActions(found)
        part.menuAction().setVisible(not part.isEmpty())
    return menu


def _named(menu: QMenu, name: str) -> QMenu:
    menu.setObjectName(name)
    menu.setToolTipsVisible(True)
    return menu


def _starting(actions: Actions, prefixes: tuple[str, ...]) -> list[str]:
    return [action.objectName() for action in actions if action.objectName().startswith(prefixes)]
