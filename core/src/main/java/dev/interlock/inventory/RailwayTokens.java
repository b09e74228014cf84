package dev.interlock.inventory;

import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.inventory.ProviderTokens.ListedToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Lists Railway's tokens: those of the account, and those of every project. Railway does not report their last use. */
final class RailwayTokens {

    private final Seal seal;
    private final Seal.Upstream upstream;
    private final RailwayReader reader;

    RailwayTokens(Seal seal, Seal.Upstream upstream, RailwayReader reader) {
        this.seal = seal;
        this.upstream = upstream;
        this.reader = reader;
    }

    /**
     * Lists the tokens.
     *
     * @param unread receives the lists that could not be read
     */
    List<ListedToken> list(List<String> unread) throws UnresolvedException {
        List<ListedToken> all = new ArrayList<>();
        for (ProviderAnswer token : reader.list(RailwayQueries.API_TOKENS, Map.of(), "apiTokens")) {
            // An account's or a workspace's token reaches every project in it.
            String reach = token.optionalWord("workspaceId")
                    .map(id -> "everything in workspace " + id)
                    .orElse("the whole account");
            ProviderToken.Dates dates =
                    new ProviderToken.Dates(Optional.empty(), Optional.empty(), token.optionalTime("expiresAt"), false);
            all.add(new ListedToken("account token", token.word("id"), token.name("name"), reach, true, dates));
        }
        for (String project : reader.projects()) {
            try {
                for (ProviderAnswer token :
                        reader.list(RailwayQueries.PROJECT_TOKENS, Map.of("project", project), "projectTokens")) {
                    all.add(ofProject(project, token));
                }
            } catch (UnresolvedException e) {
                unread.add("the tokens of project " + project + ": " + e.getMessage());
            }
        }
        return all;
    }

    private ListedToken ofProject(String project, ProviderAnswer token) throws UnresolvedException {
        String environment = token.word("environmentId");
        Set<String> placed = Optional.ofNullable(
                        upstream.resources().get(new Resource(upstream.catalog(), "environment", environment)))
                .map(Placement::environments)
                .orElse(Set.of());
        boolean broad = placed.isEmpty()
                || placed.stream()
                        .anyMatch(
                                name -> Optional.ofNullable(seal.environments().get(name))
                                        .map(Seal.Environment::isProtected)
                                        .orElse(true));
        String reach = (placed.isEmpty()
                        ? "environment " + environment + ", which the seal does not place,"
                        : String.join(", ", placed))
                + " of project " + project;
        ProviderToken.Dates dates = new ProviderToken.Dates(
                Optional.of(token.time("createdAt")), Optional.empty(), Optional.empty(), false);
        return new ListedToken("project token", token.word("id"), token.name("name"), reach, broad, dates);
    }
}
