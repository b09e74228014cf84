package dev.interlock.front.postgres;

import java.io.IOException;

/** The other side does not speak the protocol, or not as it is spoken here. The message may be shown to it. */
final class ProtocolException extends IOException {

    private static final long serialVersionUID = 1;

    ProtocolException(String message) {
        super(message);
    }
}
