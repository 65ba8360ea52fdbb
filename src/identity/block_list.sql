-- Room: identity. Needs: none

CREATE FUNCTION journey.junk_ids() RETURNS text[]
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN  -- in SQL its body would be parsed at each call
  RETURN ARRAY[
    -- nothing, and how programs say so
    '', 'null', 'nil', 'none', 'undefined', 'undef', 'void', 'nan', 'infinity', '\n', 'n/a', 'na', 'n.a', 'nothing', 'empty', 'blank', 'missing',
    -- zeros, one letter or digit over and over, numbers of failure
    '0', 'xxx', '-1',
    -- truth, and objects where a text was meant
    'true', 'false', 'yes', 'no', 'object', 'object object', '[[]object *]', '%5bobject%20object%5d', '[[]object+object]', 'string',
    -- not known, not set
    'unknown', 'unknown[ _-]user', 'unknown[ _-]id', 'unspecified', 'unassigned', 'unset', 'not[ _-]set', 'notset', 'not[ _-]provided',
    'not[ _-]available', 'not[ _-]applicable', 'not[ _-]found', 'no[ _-]value', 'no[ _-]id', 'default', 'invalid', 'error', 'pending',
    -- nobody has logged in
    'anonymous', 'anon', 'anonymous[ _-]user', 'anonymoususer', 'guest', 'guest[ _-]user', 'guestuser', 'visitor', 'nobody', 'noone', 'no[ _-]one',
    'unidentified', 'not[ _-]identified', 'unregistered', 'not[ _-]registered', 'unauthenticated', 'not[ _-]authenticated', 'notauthenticated',
    'unauthorized', 'not[ _-]logged[ _-]in', 'not[ _-]loggedin', 'notloggedin', 'logged[ _-]out', 'loggedout', 'signed[ _-]out', 'signedout',
    'no[ _-]login', 'nologin', 'no[ _-]user', 'nouser',
    -- the field's own name
    'id', 'uid', 'uuid', 'guid', 'user', 'user[ _.-]id', 'userid', 'user[ _.-]name', 'username', 'anonymous[ _.-]id', 'anonymousid',
    'anon[ _.-]id', 'anonid', 'distinct[ _.-]id', 'distinctid', 'device[ _.-]id', 'deviceid', 'client[ _.-]id', 'clientid',
    'visitor[ _.-]id', 'visitorid', 'customer[ _.-]id', 'customerid', 'member[ _.-]id', 'memberid', 'account[ _.-]id', 'accountid',
    'contact[ _.-]id', 'contactid', 'person[ _.-]id', 'personid', 'profile[ _.-]id', 'profileid', 'session[ _.-]id', 'sessionid',
    'cookie[ _.-]id', 'cookieid', 'external[ _.-]id', 'externalid', 'advertising[ _.-]id', 'advertisingid', 'guest[ _.-]id', 'guestid',
    'login', 'login[ _.-]id', 'loginid', 'alias', 'email', 'e-mail', 'mail', 'email[ _.-]address', 'emailaddress', 'name', 'idfa', 'idfv', 'gaid', 'adid',
    -- templates that nobody filled in
    '{{*}}', '{%*%}', '${*}', '$(*)', '#{*}', '@{*}', '%{*}', '%*%', '<%*%>', '[[][[]*]]', '[*]|*|[*]', '__*__', '%7b%7b*%7d%7d',
    'your[ _-]user[ _-]id', 'youruserid', 'placeholder', 'dummy', 'abc123', 'change[ _-]me', 'changeme',
    '123e4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426655440000', '550e8400-e29b-41d4-a716-446655440000', '3fa85f64-5717-4562-b3fc-2c963f66afa6',
    -- addresses that stand for none
    'none@*', 'null@*', 'undefined@*', 'unknown@*', 'anonymous@*', 'noemail@*', 'no[._-]email@*', 'noreply@*', 'no[._-]reply@*',
    -- what many devices give alike: an Android of 2010, a hidden network card, a build
    '9774d56d682e549c', '02:00:00:00:00:00', 'lmy47d',
    -- MD5, SHA-1 and SHA-256 of '', null and undefined
    'd41d8cd98f00b204e9800998ecf8427e', '37a6259cc0c1dae299a7866489dff0bd', '5e543256c480ac577d30f76f9120eb74',
    'da39a3ee5e6b4b0d3255bfef95601890afd80709', '2be88ca4242c76e8253ac62474851065032d6833', 'd5d4cd07616a542891b7ec2d0257b3a24b69856e',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b',
    'eb045d78d273107348b0300c01d29b7552d622abbc6faf81b3ec55359aa9950c'
  ];
  END $$;
COMMENT ON FUNCTION journey.junk_ids() IS
  'Values that stand in the place of an id and mean nobody: the default of the argument blocked. '
  'An entry blocks a value that it is, or that it is without the punctuation around it, as in "null" with the quotes, (not set), %user_id%. '
  'Blanks around a value and the case of ASCII letters never count. '
  'In an entry * stands for any text, [abc] or [a-z] for one character of these, [!abc] for one of the others, [*] for an asterisk. '
  'Three entries stand for more than themselves: '''' for every value without a letter or digit, 0 for zeros, however many and with whatever between, such as the zero UUID, '
  'and xxx for one letter or digit 10 to 64 times over, or x 3 to 64 times, whatever is between. '
  'A pattern may have up to 1,000 bytes, a list up to 1,000 of them (54000)';

CREATE FUNCTION journey.real_id(id text, blocked text[] DEFAULT journey.junk_ids()) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_real_id';
COMMENT ON FUNCTION journey.real_id(text, text[]) IS
  'id, or NULL where it is blocked or NULL. '
  'coalesce(real_id(user_id), real_id(anonymous_id)) is the id by which an event finds its row in what resolve_aliases returns. '
  'blocked as there; NULL for none';
