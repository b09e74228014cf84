/**
 * Files of root's that say what is local to one machine, first of all {@code gateway.yaml}, and errors that name the
 * wrong line.
 *
 * <p>It must not know what is sealed, and opens nothing that it names. Start with {@link Config}.
 */
@NullMarked
package dev.interlock.config;

import org.jspecify.annotations.NullMarked;
