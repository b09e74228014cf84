package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The complete REST catalog in the documentation. Tests check that its claims hold. */
final class RestExample {

    static final String TEXT = text();

    private RestExample() {}

    private static String text() {
        try {
            Matcher example = Pattern.compile("(?s)```yaml\n(format:[^`]*?protocol: rest.*?)```")
                    .matcher(Files.readString(Path.of("../docs/formats/catalog.md")));
            if (!example.find()) {
                throw new AssertionError("docs/formats/catalog.md holds no REST catalog");
            }
            return example.group(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static RestDialect load(String text) {
        return (RestDialect) CatalogFile.read("acme.yaml", Bytes.utf8(text).toArray());
    }

    static RestFixture acme() {
        return new RestFixture(load(TEXT));
    }
}
