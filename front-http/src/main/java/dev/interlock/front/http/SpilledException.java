package dev.interlock.front.http;

import java.io.IOException;

/** An answer holds a credential that whoever asked must not have; the rest of it is not passed on. */
final class SpilledException extends IOException {

    private static final long serialVersionUID = 1;

    SpilledException() {
        super("it holds a credential that Interlock keeps");
    }
}
