package dev.interlock.catalog;

/** Thrown for a catalog file that cannot be used as it stands. The message names the file and the key. */
final class CatalogException extends IllegalArgumentException {
    CatalogException(String file, String key, String problem) {
        super("catalog `" + file + "`, `" + key + "`: " + problem);
    }
}
