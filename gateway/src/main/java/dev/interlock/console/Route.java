package dev.interlock.console;

import dev.interlock.adminclient.AdminRefusedException;
import java.util.Optional;

/** One route, whose path may have a star. {@code POST} is refused unless it comes from a page of ours. */
record Route(String method, String path, Access access, AnswerForm form, Action action) {

    /** The people who may use a route. */
    enum Access {
        /** Anybody. Such a route shows nothing, and changes nothing except who is signed in. */
        ANYBODY,
        /** Everybody who is signed in. */
        SIGNED_IN
    }

    enum AnswerForm {
        PAGE,
        DATA
    }

    /** The code that answers a route's requests. */
    @FunctionalInterface
    interface Action {
        ConsoleAnswer answer(ConsoleRequest request) throws AdminRefusedException;
    }

    /** Returns the segment that matches the star, if {@code request} fits this route. */
    Optional<String> match(String request) {
        int star = path.indexOf('*');
        if (star < 0) {
            return path.equals(request) ? Optional.of("") : Optional.empty();
        }
        String before = path.substring(0, star);
        String after = path.substring(star + 1);
        boolean fits = request.length() > before.length() + after.length()
                && request.startsWith(before)
                && request.endsWith(after);
        return fits
                ? Optional.of(request.substring(before.length(), request.length() - after.length()))
                        .filter(id -> id.matches("[A-Za-z0-9._~:-]{1,200}"))
                : Optional.empty();
    }
}
