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
 * @param home the person's
 * @param agents those that are installed and wanted
 * @param accounts may be none, if there is an agent to protect
 * @param unasked tokens of providers that could not be asked
 * @param projects the directories in which agents work
 * @param models a key of the model of each agent that can be protected
 */
record SetupFindings(
        Path home,
        List<CodingAgent> agents,
        List<ProviderAccount> accounts,
        List<UnaskedToken> unasked,
        List<Path> projects,
        Map<CodingAgent, Secret> models) {
    SetupFindings {
        agents = List.copyOf(agents);
        accounts = List.copyOf(accounts);
        unasked = List.copyOf(unasked);
        projects = List.copyOf(projects);
        models = new LinkedHashMap<>(models);
    }

    /** Returns the account that the starter policy is about; empty if it is about an agent and its model alone. */
    Optional<ProviderAccount> first() {
        return accounts.stream().findFirst();
    }

    List<FoundCredential> tokens() {
        return accounts.stream().flatMap(account -> account.tokens().stream()).toList();
    }

    /** Returns the tokens that are to leave their files. */
    List<FoundCredential> moved() {
        return accounts.stream()
                .flatMap(account -> account.moved(projects).stream())
                .toList();
    }

    /** Returns the commands that put new tokens in the place of those that were moved into the vault. */
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

    /** Returns the commands of the agents that can be protected: the gateway has a key of their model. */
    List<String> programs() {
        return models.keySet().stream().map(CodingAgent::program).sorted().toList();
    }

    /** Returns the agents that could be protected if the gateway had a key of their model. */
    List<CodingAgent> withoutKey() {
        return agents.stream()
                .filter(agent -> agent.confined().isPresent())
                .filter(agent -> !programs().contains(agent.program()))
                .toList();
    }

    /** Returns what each slot of the vault gets. */
    Map<String, SlotContent> slots() {
        Map<String, SlotContent> slots = new TreeMap<>();
        accounts.forEach(account -> slots.putAll(account.slots()));
        models.forEach((agent, key) -> slots.put(agent.provider() + "-key", SlotContent.token(key)));
        return slots;
    }
}
