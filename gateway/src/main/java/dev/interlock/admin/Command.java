package dev.interlock.admin;

import java.util.Set;

/**
 * The one declaration of a command of the administrative socket. {@code docs/admin.md} describes each of them.
 *
 * @param name the name on the wire and in receipts
 * @param users who may use it
 * @param arguments the names of the arguments that it takes; a request with any other is malformed
 * @param handler what carries it out
 */
record Command(String name, Entitlement users, Set<String> arguments, CommandHandler handler) {

    Command {
        arguments = Set.copyOf(arguments);
    }

    /** A command with exactly one result. */
    static Command of(String name, Entitlement users, Set<String> arguments, CommandHandler.WithResult handler) {
        return new Command(name, users, arguments, request -> request.answers().accept(handler.handle(request)));
    }

    /** A command that passes on its results itself, as they come. */
    static Command streaming(String name, Entitlement users, Set<String> arguments, CommandHandler handler) {
        return new Command(name, users, arguments, handler);
    }
}
