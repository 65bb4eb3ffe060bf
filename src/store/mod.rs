//! WHAT IS KEPT: every SQL statement of the project. One writer connection; a commit is whole or not at all. Decides nothing.
