/** Generates the pages of {@code docs/reference} from the code. */
@NullMarked
package dev.interlock.reference;

import org.jspecify.annotations.NullMarked;
