mod naive;
mod properties;
mod random;
mod traps;
