"""The argument, one module an arrow: penalties, layer bound, complexity, curvature."""
