package dev.interlock.testing;

import dev.interlock.CatalogView;
import dev.interlock.catalog.Catalogs;
import dev.interlock.policy.CatalogFacts;

/** The built-in catalogs, read once a JVM: to read them takes longer than most of what is tested with them. */
public final class BuiltIn {

    public static final Catalogs CATALOGS = Catalogs.builtIn();

    public static final CatalogFacts FACTS = CatalogView.facts();

    private BuiltIn() {}
}
