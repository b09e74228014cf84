/**
 * Standard error as one JSON object a line, for the gateway and the keys process.
 *
 * <p>It must not know the code that logs. Start with {@link JsonLog}.
 */
@NullMarked
package dev.interlock.log;

import org.jspecify.annotations.NullMarked;
