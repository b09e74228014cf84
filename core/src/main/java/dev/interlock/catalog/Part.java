package dev.interlock.catalog;

/** What of its resource an operation destroys, by a catalog's word. */
enum Part {
    /** Some part, which nobody has placed. */
    SOME,
    /** Only what it makes itself. */
    NEW
}
