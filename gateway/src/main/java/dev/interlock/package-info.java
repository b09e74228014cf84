/** Interlock. */
@NullMarked
package dev.interlock;

import org.jspecify.annotations.NullMarked;
