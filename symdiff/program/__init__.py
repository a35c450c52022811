"""What is computed: recipes, the order of the passes, and the stages of a program, each made once."""
