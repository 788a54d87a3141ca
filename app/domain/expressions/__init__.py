"""The one expression language (CEL on plain JSON), its templates, and JSONPath."""

from app.domain.expressions.errors import ExpressionFailed, ExpressionInvalid, PathFailed, PathInvalid
from app.domain.expressions.expression import Expression, compile_expression, project
from app.domain.expressions.json_path import check_path, select_all, select_one
from app.domain.expressions.syntax import References
from app.domain.expressions.templates import Template, has_template, parse_template, references_in, render, template_problems
from app.domain.expressions.work import is_true

__all__ = [
    "Expression",
    "ExpressionFailed",
    "ExpressionInvalid",
    "PathFailed",
    "PathInvalid",
    "References",
    "Template",
    "check_path",
    "compile_expression",
    "has_template",
    "is_true",
    "parse_template",
    "project",
    "references_in",
    "render",
    "select_all",
    "select_one",
    "template_problems",
]
