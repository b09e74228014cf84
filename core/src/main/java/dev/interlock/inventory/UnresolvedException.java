package dev.interlock.inventory;

import java.io.IOException;

/** The provider could not be asked, or its answer cannot be relied on. Carries no text of the provider's. */
final class UnresolvedException extends IOException {
    private static final long serialVersionUID = 1;

    UnresolvedException(String message) {
        super(message);
    }
}
