"""The one style sheet, made from the tokens: what Qt's own controls look like. Custom controls paint themselves."""

from __future__ import annotations

from app.ui.theme import Tokens, mixed


def stylesheet(tokens: Tokens) -> str:
    """The whole application's rules for one set of tokens."""
    return "\n".join((_grounds(tokens), _fields(tokens), _lists(tokens), _bars(tokens), _popups(tokens)))


def _grounds(t: Tokens) -> str:
    return f"""
    QMainWindow {{ background: {t.window}; }}
    QDialog {{ background: {t.card}; }}
    QWidget[ground="window"] {{ background: {t.window}; }}
    QWidget[ground="panel"] {{ background: {t.panel}; }}
    QWidget[ground="field"] {{ background: {t.field}; }}
    QWidget[ground="canvas"] {{ background: {t.canvas}; }}
    QWidget[ground="card"] {{ background: {t.card}; border: 1px solid {t.border}; border-radius: 12px; }}
    QWidget[ground="preview"] {{ background: {t.card}; border: 1px solid {t.border}; border-radius: 8px; }}
    QWidget[line="bottom"] {{ border-bottom: 1px solid {t.border}; }}
    QWidget[line="top"] {{ border-top: 1px solid {t.border}; }}
    QWidget[line="both"] {{ border-top: 1px solid {t.border}; border-bottom: 1px solid {t.border}; }}
    QWidget[line="left"] {{ border-left: 1px solid {t.border}; }}
    QWidget[line="right"] {{ border-right: 1px solid {t.border}; }}
    QSplitter::handle {{ background: {t.panel}; }}
    QSplitter::handle:hover, QSplitter::handle:pressed {{ background: {t.accent}; }}
    QSplitter::handle:horizontal {{ width: 1px; }}
    QSplitter::handle:vertical {{ height: 1px; }}
    """


def _fields(t: Tokens) -> str:
    disabled = mixed(t.text_third, t.field, 0.7).name()
    return f"""
    QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {{
        background: {t.field}; color: {t.text}; border: 1px solid {t.border}; border-radius: 8px;
        selection-background-color: {t.primary}; selection-color: #FFFFFF;
    }}
    QLineEdit, QSpinBox, QDoubleSpinBox {{ min-height: 30px; padding: 0 8px; }}
    QComboBox {{ min-height: 30px; padding: 0 10px; }}
    QPlainTextEdit, QTextEdit {{ padding: 4px 6px; }}
    QLineEdit:hover, QPlainTextEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QComboBox:hover {{ border-color: {t.border_strong}; }}
    QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QComboBox:on {{
        border: 1px solid {t.accent};
    }}
    QLineEdit:disabled, QPlainTextEdit:disabled, QSpinBox:disabled, QComboBox:disabled {{ color: {disabled}; }}
    *[faulty="true"] {{ border: 1px solid {t.error}; }}
    *[dropping="true"] {{ border: 2px dashed {t.accent}; }}
    QLineEdit[target="true"] {{ border-color: {t.accent}; }}
    QPlainTextEdit[dropping="true"] {{ padding: 3px 5px; }}
    QLineEdit[dropping="true"], QComboBox[dropping="true"] {{ min-height: 28px; padding: 0 7px; }}
    QLineEdit[look="bare"], QPlainTextEdit[look="bare"] {{ background: transparent; border: 1px solid transparent; }}
    QLineEdit[look="line"], QLineEdit[look="line"]:hover, QLineEdit[look="line"]:focus {{ background: transparent; border: 0; padding: 0; }}
    QLineEdit[look="tight"] {{ min-height: 20px; padding: 0 4px; border-radius: 5px; border-color: {t.accent}; }}
    QLineEdit[look="bare"]:hover {{ border-color: {t.border}; }}
    QLineEdit[look="bare"]:focus {{ background: {t.field}; border-color: {t.accent}; }}
    QComboBox QLineEdit, QComboBox QLineEdit:focus, QComboBox QLineEdit:hover {{
        background: transparent; border: 0; border-radius: 0; min-height: 24px; padding: 0;
    }}
    QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{ width: 0; border: 0; }}
    QComboBox::drop-down {{ border: 0; width: 26px; }}
    QComboBox::down-arrow {{ image: none; }}
    """


def _lists(t: Tokens) -> str:
    return f"""
    QAbstractItemView {{
        background: transparent; color: {t.text}; border: 0; outline: 0;
        selection-background-color: {mixed(t.accent, t.panel, 0.16).name()}; selection-color: {t.text};
    }}
    QTableView {{ selection-background-color: transparent; }}
    QHeaderView {{ background: transparent; border: 0; }}
    QHeaderView::section {{
        background: transparent; color: {t.text_second}; border: 0; border-bottom: 1px solid {t.border}; padding: 0 12px;
        font-size: 11px; font-weight: 400;
    }}
    QTreeView {{ show-decoration-selected: 1; }}
    QTreeView::item {{ min-height: 21px; border: 0; }}
    QTreeView::item:hover {{ background: {t.raised}; }}
    QTreeView::item:selected {{ background: {mixed(t.accent, t.panel, 0.16).name()}; color: {t.text}; }}
    QScrollArea {{ background: transparent; border: 0; }}
    QScrollArea > QWidget > QWidget {{ background: transparent; }}
    """


def _bars(t: Tokens) -> str:
    return f"""
    QScrollBar {{ background: transparent; border: 0; margin: 0; }}
    QScrollBar:vertical {{ width: 10px; }}
    QScrollBar:horizontal {{ height: 10px; }}
    QScrollBar::handle {{ background: {t.border_strong}; border-radius: 3px; margin: 2px; }}
    QScrollBar::handle:vertical {{ min-height: 28px; }}
    QScrollBar::handle:horizontal {{ min-width: 28px; }}
    QScrollBar::handle:hover {{ background: {t.text_third}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QTabBar {{ background: transparent; border: 0; }}
    QTabBar::tab {{
        background: transparent; color: {t.text_second}; border: 0; border-bottom: 2px solid transparent;
        padding: 0 9px; min-height: 32px;
    }}
    QTabBar::tab:hover {{ color: {t.text}; }}
    QTabBar::tab:selected {{ color: {t.text}; border-bottom: 2px solid {t.accent}; }}
    QTabBar::tear {{ width: 0; border: 0; }}
    QTabBar::scroller {{ width: 36px; }}
    QTabBar QToolButton {{ background: {t.window}; border: 0; border-left: 1px solid {t.border}; color: {t.text_second}; }}
    QTabBar QToolButton:hover {{ background: {t.raised}; }}
    QTabBar::tab:focus {{ color: {t.accent}; }}
    QProgressBar {{ background: {t.raised}; border: 0; border-radius: 2px; }}
    QProgressBar::chunk {{ background: {t.running}; border-radius: 2px; }}
    """


def _popups(t: Tokens) -> str:
    return f"""
    QMenu {{ background: {t.card}; color: {t.text}; border: 1px solid {t.border_strong}; border-radius: 8px; padding: 5px; }}
    QMenu::item {{ padding: 6px 28px 6px 10px; border-radius: 6px; }}
    QMenu::item:selected {{ background: {t.raised}; color: {t.text}; }}
    QMenu::item:disabled {{ color: {t.text_third}; }}
    QMenu::icon {{ padding-left: 8px; }}
    QMenu::separator {{ height: 1px; background: {t.border}; margin: 5px 4px; }}
    QToolTip {{ background: {t.card}; color: {t.text}; border: 1px solid {t.border_strong}; padding: 5px 8px; }}
    QComboBox QAbstractItemView {{
        background: {t.card}; border: 1px solid {t.border_strong}; border-radius: 8px; padding: 4px; outline: 0;
    }}
    QComboBox QAbstractItemView::item {{ min-height: 28px; padding: 0 8px; border-radius: 6px; }}
    QComboBox QAbstractItemView::item:selected {{ background: {t.raised}; color: {t.text}; }}
    """
