package dev.interlock.cli;

import dev.interlock.agents.CodingAgent;
import dev.interlock.author.StarterPolicy;
import dev.interlock.catalog.CatalogView;
import dev.interlock.setup.EnvironmentProposal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The configuration that {@code setup} writes for what it found. {@code authority} is that of Railway's address. */
record SetupPolicy(
        String organisation, String person, SetupFindings found, List<String> readable, Optional<Path> authority) {
    private static final String INTERLOCK = "interlock.yaml";

    /** By their names; {@code sealer} is the public key that signs the policy. */
    Map<String, String> files(String sealer) throws IOException {
        StarterPolicy policy = policy(sealer);
        Map<String, String> files = new LinkedHashMap<>();
        files.put(
                "gateway.yaml",
                new GatewayYaml(
                                organisation,
                                "127.0.0.1:7411",
                                Path.of("/var/lib/interlock"),
                                Path.of("/run/interlock"),
                                List.of("root", person),
                                List.of(sealer),
                                true)
                        .text());
        Set<String> used = found.accounts().stream()
                .map(account -> account.provider().catalog())
                .collect(Collectors.toSet());
        policy.files(CatalogView.facts(), used)
                .forEach((file, text) -> files.put("policy/" + file, file.equals(INTERLOCK) ? completed(text) : text));
        new InitCheck(policy, files, CatalogView.facts()).require();
        return files;
    }

    private String completed(String text) {
        Stream<UpstreamLines> providers = found.accounts().stream()
                .flatMap(account -> account.upstreams(found.accounts().getFirst()).stream());
        Stream<UpstreamLines> models = found.models().keySet().stream()
                .map(CodingAgent::provider)
                .distinct()
                .map(provider ->
                        UpstreamLines.model(provider, provider, EnvironmentProposal.OPEN, found.credential(provider)));
        Stream<UpstreamLines> packages = readable.stream()
                .flatMap(name -> UpstreamLines.of(name, ProviderAccount.ENVIRONMENTS, Map.of()).stream());
        return new PolicyText(Path.of(INTERLOCK), text)
                .with(Stream.of(providers, models, packages)
                        .flatMap(upstreams -> upstreams)
                        .toList())
                .text();
    }

    private StarterPolicy policy(String sealer) throws IOException {
        String about =
                found.first().map(account -> account.provider().catalog()).orElse("github"); // for its examples
        return new StarterPolicy(
                organisation,
                person,
                sealer,
                "agent",
                about,
                about,
                found.first().map(account -> account.provider().address()).orElse(""),
                List.of(EnvironmentProposal.OPEN),
                List.of(EnvironmentProposal.PROTECTED),
                Map.of(),
                authority.isPresent() ? Optional.of(Files.readString(authority.get())) : Optional.empty(),
                EnvironmentProposal.places(
                        found.first().map(ProviderAccount::proposals).orElse(List.of())),
                Optional.empty(),
                Set.of("root", person),
                StarterPolicy.Preset.STANDARD);
    }
}
