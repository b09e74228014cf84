package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The catalogs in use, by name, each with the digest that a seal pins. */
public final class Catalogs {

    private static final List<String> BUILT_IN = List.of("github", "hetzner", "neon", "railway");

    /** A file, which is only read whole when somebody wants to know something of it: that takes long. */
    private static final class Loaded {
        private final String file;
        private final Bytes content;
        private @Nullable Catalog catalog;

        Loaded(String file, Bytes content) {
            this.file = file;
            this.content = content;
        }

        synchronized Catalog catalog() {
            if (catalog == null) {
                catalog = read(file, content);
            }
            return catalog;
        }
    }

    private final Map<String, Loaded> loaded;

    private Catalogs(Map<String, Loaded> loaded) {
        this.loaded = loaded;
    }

    /** The catalogs that come with Interlock. */
    public static Catalogs builtIn() {
        Map<String, Loaded> files = new TreeMap<>();
        BUILT_IN.forEach(name -> files.put(name, new Loaded(name + ".yaml", resource(name + ".yaml"))));
        return new Catalogs(files);
    }

    /**
     * The catalog in {@code content} alone.
     *
     * @param file the file's name, for messages
     * @throws IllegalArgumentException if the content is not a whole and valid catalog; the message names file and key
     */
    public static Catalog read(String file, Bytes content) {
        return new Catalog(Frame.read(file, content.toArray()));
    }

    /** What is wrong in {@code content}, one sentence a mistake with file and key; empty if it is a whole catalog. */
    public static List<String> mistakes(String file, Bytes content) {
        try {
            read(file, content);
            return List.of();
        } catch (IllegalArgumentException e) {
            return Mistakes.sentences(e);
        }
    }

    private static Bytes resource(String file) {
        try (InputStream in = Catalogs.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("the catalog `" + file + "` is missing from this installation");
            }
            return Bytes.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * These catalogs and the one in {@code content}, which replaces one of the same name.
     *
     * @param file the file's name, for messages
     * @throws IllegalArgumentException if the content is not a whole and valid catalog; the message names file and key
     */
    public Catalogs with(String file, Bytes content) {
        Loaded own = new Loaded(file, content);
        Map<String, Loaded> more = new TreeMap<>(loaded);
        more.put(own.catalog().name(), own);
        return new Catalogs(more);
    }

    /** The names of all catalogs. */
    public Set<String> names() {
        return Set.copyOf(loaded.keySet());
    }

    /** The catalog {@code name}, if there is one. */
    public Optional<Catalog> find(String name) {
        return Optional.ofNullable(loaded.get(name)).map(Loaded::catalog);
    }

    /** The SHA-256 of the catalog file, lower-case hexadecimal, if there is one. */
    public Optional<String> digest(String name) {
        return Optional.ofNullable(loaded.get(name)).map(found -> found.content.sha256());
    }
}
