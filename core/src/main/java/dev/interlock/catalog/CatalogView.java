package dev.interlock.catalog;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.Seal;
import java.util.AbstractMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The catalogs' facts that policy needs. */
public final class CatalogView {

    private CatalogView() {}

    public static CatalogFacts facts() {
        return facts(Catalogs.builtIn());
    }

    public static CatalogFacts facts(Catalogs catalogs) {
        Map<String, String> digests = new TreeMap<>();
        catalogs.names().forEach(name -> digests.put(name, catalogs.digest(name).orElseThrow()));
        return new CatalogFacts(
                new ByName<>(catalogs, CatalogView::operations),
                digests,
                new SealedCatalogReader(catalogs),
                new ByName<>(catalogs, Catalog::dataTypes),
                new ByName<>(catalogs, Catalog::touchedTypes));
    }

    private record SealedCatalogReader(Catalogs builtIn) implements CatalogFacts.OwnCatalogReader {

        @Override
        public List<String> mistakes(Seal.OwnCatalog catalog) {
            return builtIn.mistakes(catalog);
        }

        @Override
        public CatalogFacts with(Map<String, Seal.OwnCatalog> catalogs) {
            CatalogFacts all = facts(builtIn.with(catalogs));
            return new CatalogFacts(all.operations(), all.digests(), this, all.holding(), all.touched());
        }
    }

    /**
     * A map from catalog names to facts. A catalog is read at its first use, because reading takes most of the time to
     * start.
     */
    private static final class ByName<T> extends AbstractMap<String, T> {
        private final Catalogs catalogs;
        private final Function<Catalog, T> what;
        private final Map<String, T> known = new ConcurrentHashMap<>();

        ByName(Catalogs catalogs, Function<Catalog, T> what) {
            this.catalogs = catalogs;
            this.what = what;
        }

        @Override
        public @Nullable T get(Object name) {
            return containsKey(name)
                    ? known.computeIfAbsent(
                            (String) name,
                            wanted -> what.apply(catalogs.find(wanted).orElseThrow()))
                    : null;
        }

        @Override
        public boolean containsKey(Object name) {
            return name instanceof String && catalogs.names().contains(name);
        }

        @Override
        public Set<String> keySet() {
            return catalogs.names();
        }

        @Override
        public Set<Entry<String, T>> entrySet() {
            Set<Entry<String, T>> entries = new HashSet<>();
            keySet().forEach(name -> entries.add(Map.entry(name, Objects.requireNonNull(get(name)))));
            return entries;
        }
    }

    private static Map<String, OperationSummary> operations(Catalog catalog) {
        Map<String, OperationSummary> operations = new TreeMap<>();
        catalog.operations().forEach(entry -> operations.put(entry.operation().name(), entry));
        return operations;
    }
}
