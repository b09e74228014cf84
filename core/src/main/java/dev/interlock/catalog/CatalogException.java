package dev.interlock.catalog;

/** Thrown for an unusable catalog file. The message begins with file and line. */
final class CatalogException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    CatalogException(String message) {
        super(message);
    }
}
