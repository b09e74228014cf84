package dev.interlock.console;

import dev.interlock.adminclient.AdminRefusedException;
import java.util.Optional;

/**
 * One thing that can be asked for.
 *
 * @param method {@code GET} only looks; {@code POST} is refused unless it comes from a page of ours
 * @param path in which one segment may be a star
 * @param access who may
 * @param form what comes back
 */
record Route(String method, String path, Access access, Form form, Action action) {

    /** Who may ask. */
    enum Access {
        /** Anybody: it shows nothing and changes nothing but who is signed in. */
        ANYBODY,
        /** Whoever is signed in. */
        SIGNED_IN
    }

    /** What a refusal looks like there. */
    enum Form {
        PAGE,
        DATA
    }

    /** What it does. */
    @FunctionalInterface
    interface Action {
        Answer answer(Asked asked) throws AdminRefusedException;
    }

    /** What stands for the star, if {@code asked} fits. */
    Optional<String> match(String asked) {
        int star = path.indexOf('*');
        if (star < 0) {
            return path.equals(asked) ? Optional.of("") : Optional.empty();
        }
        String before = path.substring(0, star);
        String after = path.substring(star + 1);
        boolean fits =
                asked.length() > before.length() + after.length() && asked.startsWith(before) && asked.endsWith(after);
        return fits
                ? Optional.of(asked.substring(before.length(), asked.length() - after.length()))
                        .filter(id -> id.matches("[A-Za-z0-9._~:-]{1,200}"))
                : Optional.empty();
    }
}
