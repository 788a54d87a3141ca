"""The canvas: one widget in immediate mode over a retained model."""
