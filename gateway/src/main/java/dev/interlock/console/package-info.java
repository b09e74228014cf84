/**
 * The console: where people see what agents do, and say yes or no.
 *
 * <p>It decides nothing and knows nothing by itself. Whatever a page shows, and whatever a button does, is a command of
 * {@link dev.interlock.admin.CommandRunner}, carried out in the name of who is signed in: the console is a second way
 * to them, beside the socket, and what may not be had here is decided there. It must not know holds, leases, seals or
 * keys otherwise.
 *
 * <p>Start with {@link dev.interlock.console.Routes}, the one list of what can be asked; {@code Door} is what every
 * request passes before. Pages are templates below {@code src/main/jte}, which the build makes classes of this package.
 */
@NullMarked
package dev.interlock.console;

import org.jspecify.annotations.NullMarked;
