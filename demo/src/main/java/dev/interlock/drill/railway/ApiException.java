package dev.interlock.drill.railway;

/** An error that the provider would report in {@code errors}. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ApiException(String message) {
        super(message);
    }
}
