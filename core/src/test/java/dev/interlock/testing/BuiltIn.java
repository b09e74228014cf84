package dev.interlock.testing;

import dev.interlock.action.CatalogFacts;
import dev.interlock.catalog.CatalogView;
import dev.interlock.catalog.Catalogs;

/** The built-in catalogs, read once a JVM: to read them takes longer than most of what is tested with them. */
public final class BuiltIn {

    public static final Catalogs CATALOGS = Catalogs.builtIn();

    public static final CatalogFacts FACTS = CatalogView.facts();

    private BuiltIn() {}
}
