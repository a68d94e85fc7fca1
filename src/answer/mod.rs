//! WHAT THEY ARE TOLD. Every way out of the house is a variant, and none of them is empty.
