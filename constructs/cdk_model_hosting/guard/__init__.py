"""What watches over a deployment from within it: one function a stack, behind custom resources."""
