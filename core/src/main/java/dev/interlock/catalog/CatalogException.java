package dev.interlock.catalog;

/** Thrown for an unusable catalog file. The message names the file and the key. */
final class CatalogException extends IllegalArgumentException {
    CatalogException(String file, String key, String problem) {
        super("catalog `" + file + "`, `" + key + "`: " + problem);
    }
}
