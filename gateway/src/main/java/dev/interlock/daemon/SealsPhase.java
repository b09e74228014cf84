package dev.interlock.daemon;

import dev.interlock.action.AlertRules;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Seal;
import dev.interlock.catalog.CatalogView;
import dev.interlock.catalog.Catalogs;
import dev.interlock.config.Config;
import dev.interlock.inventory.LossDescription;
import dev.interlock.policy.Policies;
import dev.interlock.policy.SealsInForce;
import dev.interlock.seals.SealAdopter;
import dev.interlock.seals.SealAnchor;
import java.io.IOException;

record SealsPhase(Catalogs catalogs, CatalogFacts facts, Policies policies, SealsInForce inForce, SealAdopter keeper) {

    static SealsPhase open(DaemonContext context, StoresPhase stores) throws IOException {
        Config config = context.config();
        Catalogs catalogs = Catalogs.builtIn();
        CatalogFacts facts = CatalogView.facts(catalogs);
        Policies policies = new Policies(
                sensed -> LossDescription.describe(sensed, context.clock().instant()));
        SealAnchor anchor = new SealAnchor(stores.ledger(), stores.records());
        SealsInForce.SealSigners signers = new SealsInForce.SealSigners(
                config.sealSigners().publicKeys(), config.sealSigners().quorum());
        SealsInForce inForce =
                new SealsInForce(stores.stores().seals(), signers, anchor, facts, policies, context.clock());
        context.watch().setRules(() -> inForce.current().map(Seal::alerts).orElse(AlertRules.NONE));
        SealAdopter keeper = new SealAdopter(inForce, config, context.alerts());
        keeper.restore();
        return new SealsPhase(catalogs, facts, policies, inForce, keeper);
    }
}
