package dev.interlock;

import dev.interlock.action.Impact;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.policy.CatalogFacts;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The catalogs as policy needs to know them. */
public final class CatalogView {

    private CatalogView() {}

    /** The facts of the built-in catalogs. */
    public static CatalogFacts facts() {
        return facts(Catalogs.builtIn());
    }

    static CatalogFacts facts(Catalogs catalogs) {
        Map<String, Map<String, Set<Impact>>> operations = new TreeMap<>();
        Map<String, String> digests = new TreeMap<>();
        for (String name : catalogs.names()) {
            operations.put(name, operations(catalogs.find(name).orElseThrow()));
            digests.put(name, catalogs.digest(name).orElseThrow());
        }
        return new CatalogFacts(operations, digests);
    }

    private static Map<String, Set<Impact>> operations(Catalog catalog) {
        Map<String, Set<Impact>> operations = new TreeMap<>();
        catalog.operations().forEach(entry -> operations.put(entry.operation().name(), entry.impacts()));
        return operations;
    }
}
