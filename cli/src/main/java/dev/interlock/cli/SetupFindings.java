package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.agents.CodingAgent;
import dev.interlock.vault.SlotContent;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What {@code setup} found of a person.
 *
 * @param others the credentials that setup has no use for; they stay where they are
 * @param models a key of the model of each agent that can be protected
 */
record SetupFindings(
        Path home,
        List<CodingAgent> agents,
        List<ProviderAccount> accounts,
        List<UnaskedToken> unasked,
        List<FoundCredential> others,
        List<Path> projects,
        Map<CodingAgent, Secret> models) {
    SetupFindings {
        agents = List.copyOf(agents);
        accounts = List.copyOf(accounts);
        unasked = List.copyOf(unasked);
        others = List.copyOf(others);
        projects = List.copyOf(projects);
        models = new LinkedHashMap<>(models);
    }

    /** The one that the starter policy is about; empty if that is about an agent and its model alone. */
    Optional<ProviderAccount> first() {
        return accounts.stream().findFirst();
    }

    List<FoundCredential> tokens() {
        return accounts.stream().flatMap(account -> account.tokens().stream()).toList();
    }

    List<FoundCredential> moved() {
        return accounts.stream()
                .flatMap(account -> account.moved(projects).stream())
                .toList();
    }

    /** The commands that put new tokens in the place of those that were moved into the vault. */
    List<String> renewals() {
        return accounts.stream()
                .filter(account -> account.moved(projects).contains(account.broadest()))
                .flatMap(account -> account.renewals().stream())
                .toList();
    }

    ModelCredential credential(String provider) {
        return models.entrySet().stream()
                .filter(model -> model.getKey().provider().equals(provider))
                .map(model -> ModelCredential.of(provider, model.getValue()))
                .findFirst()
                .orElse(ModelCredential.API_KEY);
    }

    List<String> programs() {
        return models.keySet().stream().map(CodingAgent::program).sorted().toList();
    }

    List<CodingAgent> withoutKey() {
        return agents.stream()
                .filter(agent -> agent.confined().isPresent())
                .filter(agent -> !programs().contains(agent.program()))
                .toList();
    }

    Map<String, SlotContent> slots() {
        Map<String, SlotContent> slots = new TreeMap<>();
        accounts.forEach(account -> slots.putAll(account.slots()));
        models.forEach((agent, key) -> slots.put(agent.provider() + "-key", SlotContent.token(key)));
        return slots;
    }
}
