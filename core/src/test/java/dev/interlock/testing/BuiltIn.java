package dev.interlock.testing;

import dev.interlock.action.CatalogFacts;
import dev.interlock.catalog.CatalogView;
import dev.interlock.catalog.Catalogs;

/** The built-in catalogs, read once a JVM, because reading them takes longer than most tests that use them. */
public final class BuiltIn {

    public static final Catalogs CATALOGS = Catalogs.builtIn();

    public static final CatalogFacts FACTS = CatalogView.facts();

    private BuiltIn() {}
}
