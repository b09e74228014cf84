package dev.interlock.front.git;

import java.io.IOException;

/** The server cannot leave out what it was asked to leave out. */
final class FilterRefusedException extends IOException {

    private static final long serialVersionUID = 1;

    FilterRefusedException() {
        super("the server filters nothing");
    }
}
