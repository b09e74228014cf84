package dev.interlock.catalog;

import dev.interlock.config.YamlProblemException;

/** Thrown for an unusable catalog file. The message names the file, and the key or the position. */
final class CatalogException extends IllegalArgumentException {
    CatalogException(String file, String key, String problem) {
        super("catalog `" + file + "`, `" + key + "`: " + problem);
    }

    CatalogException(String file, YamlProblemException mistake) {
        super(mistake.position(file) + ": " + mistake.problem());
    }
}
