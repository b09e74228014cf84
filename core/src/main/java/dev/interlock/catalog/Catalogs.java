package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.action.Seal;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The catalogs in use, by name, each with the digest that a seal pins.
 *
 * <p>Threading: any number of threads may use it.
 */
public final class Catalogs {

    /** Each is parsed once for the whole process, since their content never changes. */
    private static final Map<String, LazyCatalog> BUILT_IN = Stream.of(
                    "anthropic crates gemini git github go hetzner maven neon npm openai pg pypi railway supabase web"
                            .split(" "))
            .collect(Collectors.toMap(name -> name, name -> new LazyCatalog(name + ".yaml", resource(name + ".yaml"))));

    /** A catalog file that is parsed only when it is first needed, because parsing takes long. */
    private static final class LazyCatalog {
        private final String file;
        private final Bytes content;
        private @Nullable Catalog catalog;
        private @Nullable String digest;

        LazyCatalog(String file, Bytes content) {
            this.file = file;
            this.content = content;
        }

        synchronized Catalog catalog() {
            if (catalog == null) {
                catalog = read(file, content);
            }
            return catalog;
        }

        synchronized String digest() {
            if (digest == null) {
                digest = content.sha256();
            }
            return digest;
        }
    }

    private record SealedCatalogs(Map<String, Seal.OwnCatalog> own, Catalogs all) {}

    private final Map<String, LazyCatalog> loaded;
    private final AtomicReference<@Nullable SealedCatalogs> carried = new AtomicReference<>();

    private Catalogs(Map<String, LazyCatalog> loaded) {
        this.loaded = Collections.unmodifiableMap(loaded);
    }

    /** Returns the catalogs that come with Interlock. */
    public static Catalogs builtIn() {
        return new Catalogs(new TreeMap<>(BUILT_IN));
    }

    /**
     * Reads the one catalog in {@code content}.
     *
     * @param file the file's name, for messages
     * @throws IllegalArgumentException if the content is not a whole and valid catalog; the message names file and key
     */
    public static Catalog read(String file, Bytes content) {
        return CatalogFile.read(file, content.toArray());
    }

    /**
     * Returns a complete example catalog of about twenty lines, for people to start from.
     *
     * @param protocol {@code rest}, {@code graphql} or {@code mcp}
     */
    public static String example(String protocol) {
        return new String(resource("example-" + protocol + ".yaml").toArray(), StandardCharsets.UTF_8);
    }

    /**
     * Returns the mistakes in {@code content}, one sentence each with file and key; empty if it is a complete catalog.
     */
    public static List<String> mistakes(String file, Bytes content) {
        try {
            read(file, content);
            return List.of();
        } catch (IllegalArgumentException e) {
            return CatalogMistakes.sentences(e);
        }
    }

    /** Returns what a valid catalog should say and does not, a sentence each; it may be used as it is. */
    public static List<String> findings(Catalog catalog) {
        return switch (catalog) {
            case McpDialect mcp -> SecretFileScreening.findings(mcp.knowledge());
            case RestDialect rest ->
                rest.mcp()
                        .map(McpDialect::knowledge)
                        .map(SecretFileScreening::findings)
                        .orElse(List.of());
            default -> List.of();
        };
    }

    /**
     * Returns the catalogs of {@code seal}: these, and those that the seal carries. They are parsed when first asked
     * for, from the sealed text only.
     *
     * @throws IllegalArgumentException if one that it carries has {@link #mistakes(Seal.OwnCatalog) mistakes}
     */
    public Catalogs of(Seal seal) {
        return with(seal.ownCatalogs());
    }

    /** Does the same as {@link #of}, for the catalogs that a seal carries. */
    public Catalogs with(Map<String, Seal.OwnCatalog> own) {
        if (own.isEmpty()) {
            return this;
        }
        SealedCatalogs known = carried.get();
        if (known == null || !known.own().equals(own)) {
            known = new SealedCatalogs(own, read(own));
            carried.set(known);
        }
        return known.all();
    }

    private Catalogs read(Map<String, Seal.OwnCatalog> own) {
        Map<String, LazyCatalog> all = new TreeMap<>(loaded);
        own.values().forEach(catalog -> {
            List<String> mistakes = mistakes(catalog);
            if (!mistakes.isEmpty()) {
                throw new IllegalArgumentException(mistakes.getFirst());
            }
            all.put(catalog.name(), new LazyCatalog(file(catalog), Bytes.utf8(catalog.text())));
        });
        return new Catalogs(all);
    }

    /** Returns the mistakes in a catalog that is about to be sealed, one sentence each; empty if it may be used. */
    public List<String> mistakes(Seal.OwnCatalog own) {
        Catalog catalog;
        try {
            catalog = read(file(own), Bytes.utf8(own.text()));
        } catch (IllegalArgumentException e) {
            return CatalogMistakes.sentences(e);
        }
        if (!catalog.name().equals(own.name())) {
            return List.of("the file is `" + file(own) + "`, and its `provider` is `" + catalog.name() + "`");
        }
        if (loaded.containsKey(own.name()) && !own.replacesBuiltIn()) {
            return List.of(
                    "`" + own.name()
                            + "` comes with Interlock; a file of your own replaces it only if `replaced-catalogs` in `interlock.yaml` names it");
        }
        return own.replacesBuiltIn() && !loaded.containsKey(own.name())
                ? List.of("`replaced-catalogs` names `" + own.name() + "`, which does not come with Interlock")
                : List.of();
    }

    private static String file(Seal.OwnCatalog own) {
        return own.name() + ".yaml";
    }

    /** Returns the content of the file that comes with Interlock. */
    static Bytes resource(String file) {
        try (InputStream in = Catalogs.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("the catalog `" + file + "` is missing from this installation");
            }
            return Bytes.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Set<String> names() {
        return loaded.keySet();
    }

    public Optional<Catalog> find(String name) {
        return Optional.ofNullable(loaded.get(name)).map(LazyCatalog::catalog);
    }

    /** Returns the readers of the upstreams' calls: the catalogs that the seal names, or carries. */
    public CallReader.Registry readers() {
        return (seal, upstream) -> of(seal).find(upstream.catalog()).map(CallReader.class::cast);
    }

    /** Returns the SHA-256 of the catalog file in lower-case hexadecimal, if there is one. */
    public Optional<String> digest(String name) {
        return Optional.ofNullable(loaded.get(name)).map(LazyCatalog::digest);
    }
}
