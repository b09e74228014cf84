package dev.interlock.setup;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Secret;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.eclipse.jgit.errors.ConfigInvalidException;
import org.eclipse.jgit.lib.Config;

/** GitHub's repositories in which a token may write. */
public final class GithubDirectory extends ProviderDirectory {

    private static final int PAGE = 100;
    private static final int MAX_PAGES = 10;
    private static final long MAX_CONFIG = 1 << 20;

    private static final Pattern ADDRESS = Pattern.compile(
            "(?:https://(?:[^/@]+@)?github\\.com/|ssh://git@github\\.com/|git@github\\.com:)([A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\\.git)?/?");

    public GithubDirectory(URI address, Optional<SSLContext> authority) {
        super("github", "GitHub", new ProviderClient(address, authority));
    }

    @Override
    public boolean reads(String credentialKind) {
        return credentialKind.equals("github-token");
    }

    /** As {@code OWNER/NAME}. Only {@code .git/config} is read: nothing in it is followed or run. */
    public static Set<String> clonedFrom(Path project) throws IOException {
        Path file = project.resolve(".git/config");
        if (!Files.isRegularFile(file) || Files.size(file) > MAX_CONFIG) {
            return Set.of();
        }
        Config config = new Config();
        try {
            config.fromText(Files.readString(file));
        } catch (ConfigInvalidException | CharacterCodingException e) {
            return Set.of(); // git would not read it either
        }
        Set<String> repositories = new TreeSet<>();
        for (String remote : config.getSubsections("remote")) {
            Matcher address = ADDRESS.matcher(String.valueOf(config.getString("remote", remote, "url")));
            if (address.matches()) {
                repositories.add(address.group(1));
            }
        }
        return repositories;
    }

    @Override
    public Optional<Listing> list(Secret token) throws IOException, InterruptedException {
        List<NamedResource> found = new ArrayList<>();
        for (int page = 1; page <= MAX_PAGES; page++) {
            HttpRequest request = client.request("/user/repos?per_page=" + PAGE + "&page=" + page)
                    .header("Accept", "application/vnd.github+json")
                    .header("X-GitHub-Api-Version", "2022-11-28")
                    .header("Authorization", token.<String>use(text -> "Bearer " + text))
                    .GET()
                    .build();
            Optional<JsonNode> repositories = client.send(request).filter(JsonNode::isArray);
            if (repositories.isEmpty()) {
                return Optional.empty();
            }
            repositories.get().forEach(repository -> {
                if (repository.path("permissions").path("push").asBoolean()) {
                    found.add(new NamedResource(
                            "github:repo/" + repository.path("full_name").asText(),
                            repository.path("owner").path("login").asText(),
                            repository.path("name").asText()));
                }
            });
            if (repositories.get().size() < PAGE) {
                break;
            }
        }
        found.sort(Comparator.comparing(NamedResource::project).thenComparing(NamedResource::name));
        return Optional.of(new Listing(found, true, "token"));
    }
}
