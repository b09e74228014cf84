package dev.interlock.inventory;

import java.io.IOException;

/**
 * Reports that the provider could not be queried, or that its answer is unreliable. Carries no text of the provider's.
 */
final class UnresolvedException extends IOException {
    private static final long serialVersionUID = 1;

    UnresolvedException(String message) {
        super(message);
    }
}
