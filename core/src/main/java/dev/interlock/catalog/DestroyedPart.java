package dev.interlock.catalog;

/** The part of its resource that an operation destroys, as the catalog file states it. */
enum DestroyedPart {
    /** Some part that has no place of its own. */
    SOME,
    /** Only content that the operation creates itself. */
    NEW
}
