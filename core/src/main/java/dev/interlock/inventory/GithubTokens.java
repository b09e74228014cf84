package dev.interlock.inventory;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.inventory.ProviderTokens.ListedToken;
import dev.interlock.inventory.ProviderTokens.ProviderToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Lists the tokens that reach the repositories in the seal: their deploy keys, and their owners' installed applications
 * and fine-grained personal tokens. No list has people's classic tokens.
 */
record GithubTokens(Seal seal, Seal.Upstream upstream, SurveyQueries questions) {

    private static final int MAX_PAGES = 20;
    private static final int PAGE = 100;

    private static final List<Header> HEADERS = List.of(
            new Header("accept", "application/vnd.github+json"), new Header("x-github-api-version", "2022-11-28"));

    private interface Pages {
        List<ProviderAnswer> of(Bytes body) throws UnresolvedException;
    }

    private interface Reading {
        ListedToken of(ProviderAnswer item) throws UnresolvedException;
    }

    List<ListedToken> list(List<String> unread) throws UnresolvedException {
        List<ListedToken> all = new ArrayList<>();
        Set<String> owners = new TreeSet<>();
        for (Map.Entry<Resource, Placement> one : upstream.resources().entrySet()) {
            String id = one.getKey().id();
            if (one.getKey().type().equals("repository") && id.matches("[A-Za-z0-9-]+/[A-Za-z0-9._-]+")) {
                owners.add(id.substring(0, id.indexOf('/')));
                boolean guarded =
                        one.getValue().environments().stream().anyMatch(name -> LossExposure.isProtected(seal, name));
                Reading reading = key -> deployKey(id, guarded, key);
                String path = "/repos/" + id + "/keys";
                all.addAll(tokens(unread, "the deploy keys of " + id, path, ProviderAnswer::readList, reading));
            }
        }
        if (owners.isEmpty()) {
            throw new UnresolvedException("the seal names none of its repositories");
        }
        for (String owner : owners) {
            String path = "/orgs/" + owner;
            Pages installations = body -> ProviderAnswer.readObject(body).list("installations");
            all.addAll(tokens(
                    unread,
                    "the applications of " + owner,
                    path + "/installations",
                    installations,
                    app -> installation(owner, app)));
            all.addAll(tokens(
                    unread,
                    "the personal tokens of " + owner,
                    path + "/personal-access-tokens",
                    ProviderAnswer::readList,
                    token -> personalToken(owner, token)));
        }
        return all;
    }

    private static ListedToken deployKey(String repository, boolean guarded, ProviderAnswer key)
            throws UnresolvedException {
        boolean writes = !key.flag("read_only");
        ProviderToken.Dates dates = new ProviderToken.Dates(
                key.optionalTime("created_at"), key.optionalTime("last_used"), Optional.empty(), true);
        String reach = (writes ? "writes " : "reads ") + repository;
        return new ListedToken("deploy key", key.number("id"), key.name("title"), reach, writes && guarded, dates);
    }

    private static ListedToken installation(String owner, ProviderAnswer app) throws UnresolvedException {
        boolean everything = !app.word("repository_selection").equals("selected");
        ProviderToken.Dates dates =
                new ProviderToken.Dates(app.optionalTime("created_at"), Optional.empty(), Optional.empty(), false);
        return new ListedToken(
                "application", app.number("id"), app.name("app_slug"), reach(everything, owner), everything, dates);
    }

    private static ListedToken personalToken(String owner, ProviderAnswer token) throws UnresolvedException {
        boolean everything = token.word("repository_selection").equals("all");
        ProviderToken.Dates dates = new ProviderToken.Dates(
                token.optionalTime("access_granted_at"),
                token.optionalTime("token_last_used_at"),
                token.optionalTime("token_expires_at"),
                true);
        String reach = reach(everything, owner) + ", as " + token.in("owner").name("login");
        return new ListedToken(
                "personal token", token.number("id"), token.name("token_name"), reach, everything, dates);
    }

    private static String reach(boolean everything, String owner) {
        return (everything ? "every repository of " : "some repositories of ") + owner;
    }

    private List<ListedToken> tokens(List<String> unread, String what, String path, Pages pages, Reading reading) {
        List<ListedToken> all = new ArrayList<>();
        try {
            for (int page = 1; page <= MAX_PAGES; page++) {
                List<Parameter> query = List.of(
                        new Parameter("per_page", Integer.toString(PAGE)),
                        new Parameter("page", Integer.toString(page)));
                List<ProviderAnswer> some = pages.of(questions.ask(
                        upstream,
                        new HttpCall("GET", SurveyQueries.authority(upstream), path, query, HEADERS, Bytes.empty())));
                for (ProviderAnswer item : some) {
                    all.add(reading.of(item));
                }
                if (some.size() < PAGE) {
                    return all;
                }
            }
            throw new UnresolvedException("the provider's list is longer than Interlock reads");
        } catch (UnresolvedException e) {
            unread.add(what + ": " + e.getMessage());
            return List.of();
        }
    }
}
