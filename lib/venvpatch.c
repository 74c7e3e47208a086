/* venvpatch.c - the lines of _virtualenv.py.
 *
 * Why lines, and not the digest of the whole: most versions have a few lines of their own (annotations, remarks
 * for linters), and a version that is not known would be an alarm on each environment that it has made.  What is
 * kept of a line is its digest.
 *
 * What a comment may hold: anything printable but quotes and backslashes, since the line may stand in a string, where
 * these would end it, and no word that could be a declaration of the encoding (PEP 263), which can make code of a
 * comment.
 *
 * References: virtualenv 20.17 (Debian 12) and of 2025, src/virtualenv/create/via_global_ref/_virtualenv.py;
 * uv of the same year, crates/uv-virtualenv/src/_virtualenv.py.
 */
#include "venvpatch.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "cleanup.h"

struct digest_half {
	uint64_t high, low;
};

/* The first half of the SHA-256 of each line, without blanks around it and without a comment behind it; sorted. */
static const struct digest_half known_lines[] = {
	{ 0x09c5be6dc3951407, 0x8e1f0a23cc9ead06 }, { 0x0c5fe4812990e283, 0x0907fd3928abd02a },
	{ 0x0c8cedf224f4f553, 0x5c963a24aa38a164 }, { 0x0d6f98fd201893af, 0x9a29b8349e628c8e },
	{ 0x0dca4f0eade9b90f, 0xadf1fa41ff32ce62 }, { 0x1046e6eb1cfd7fc8, 0x9ce98cc215c409ac },
	{ 0x1253717bd647c625, 0x580a2c4d1a565f6b }, { 0x1638c2dc67139602, 0xb55967715045efe5 },
	{ 0x1666e7bbae67a265, 0xa97bc0c0d0ad6a14 }, { 0x1ef8dd8c87de37d8, 0x9a3eda2e50d462aa },
	{ 0x1f7d32982912b319, 0x4b110278d87d0417 }, { 0x2142d1a0a73aa8f5, 0xe8e9f42a91acd932 },
	{ 0x25259e70017e25b1, 0x30529c54a42d9fce }, { 0x257f2de27252c591, 0x628af9bf2e3f57f5 },
	{ 0x26d53192970dbb7c, 0x3deb5749dc16aa31 }, { 0x27400caaed226930, 0x8fd26765c9d72237 },
	{ 0x2800f23759c55b35, 0xf8f5adeabdccf21a }, { 0x29464ea5268aea3e, 0x7f8277ad5830597c },
	{ 0x2bd3db1df27b1e01, 0xfa933f8e09b259ce }, { 0x2c0d712cdc502cfc, 0xe2b8f8cff1ac2915 },
	{ 0x2f77edabdb760db6, 0x7bb9fec1b053c7f5 }, { 0x30c9f725a3009cc3, 0x5effd201e0398d6c },
	{ 0x33f34515bd27a03e, 0x63b22828c0d683b9 }, { 0x35e176be2f72f0bc, 0x16ab4ad081764dca },
	{ 0x37283e84298517f2, 0x9d6432f73ce0a962 }, { 0x382823f4f328ec4b, 0x6bff43b2e26edb53 },
	{ 0x382dc1be7355cf7a, 0xa8e26bc163fa6208 }, { 0x3bd480f8aac21ac2, 0x4a2d21a0caefbc72 },
	{ 0x3bfee552c3329952, 0xdc4d2348c4071781 }, { 0x3dbc07be8d5b0a3c, 0x89d4a64ca9fa0afe },
	{ 0x3ddb26968cc6251b, 0xdb984fa36c0441bb }, { 0x438b274c4a378702, 0xfd898e6933406bf9 },
	{ 0x443502ffcae1b811, 0x7144c001ec07d35e }, { 0x4690531a502bc347, 0x54af7ac40cc624cb },
	{ 0x48e094307dbec136, 0xbdb916dd5bdd8aaa }, { 0x4b532535ae400eda, 0x1127b380ef2d0f8f },
	{ 0x4bea6210d23c6f5d, 0xb49651cf7eea4ef5 }, { 0x4c064578fc72e5a0, 0x0e2f550c907e4992 },
	{ 0x4fa20eaa598c17fd, 0x843a0effb82c4639 }, { 0x57f0dfbdbcfc3e08, 0x7bcea22da2671462 },
	{ 0x59b14c37f68562ac, 0x776e1311b87bbbcd }, { 0x5d5cdf629516e8c3, 0x6c9745266b88345b },
	{ 0x5e26c59c6a436d73, 0x5ebcf69873c2a676 }, { 0x614ee7d096265a61, 0xcdb9f9bbf33a73d5 },
	{ 0x62992f6d35629af7, 0xe26f362cabbcb1b3 }, { 0x645af080d74204a9, 0x5b0e37709aeac89a },
	{ 0x660bb63ef7b21b31, 0x1a4dd4781b7f2fec }, { 0x67181528dc32c887, 0xb527f305aff3b42c },
	{ 0x675c27cf4847cf5f, 0xe49a5f482bda542d }, { 0x6823951e6cff69d8, 0x6dc22d61b7324389 },
	{ 0x691d867d1cad2d3c, 0x413187ef86986b21 }, { 0x6c111ba32ffd20d5, 0xe87ff888e523e579 },
	{ 0x6ee4303f17033a87, 0x1e1b5f2d77bce29e }, { 0x711962982fb77cd7, 0x69e44c6937a9a084 },
	{ 0x7187f0675eb38279, 0x39741acf7342ba78 }, { 0x7208315a9377e819, 0x8d951d3c75f68810 },
	{ 0x7c9a1e75de934084, 0xd4c335e5f3ed9c40 }, { 0x7e22ed6b3ce46eff, 0x7165927d3b636dcb },
	{ 0x7e98f7cd1b459045, 0x526f24e9f7857abc }, { 0x8542144a3a883f53, 0x9a051c7954a554e6 },
	{ 0x86f71141387fd668, 0xb6d0b3d7442f3f19 }, { 0x871941586bb90c12, 0xc17c3a03aabb3a95 },
	{ 0x8761c2f50a05555a, 0x9fa1d49305b92b83 }, { 0x8c1924280d1d979c, 0xd9e3c453b338d054 },
	{ 0x90781f3efdcb4ec0, 0xfcc56cd2214ffbf3 }, { 0x90f88f07f5a16d52, 0xfdeecc767335548d },
	{ 0x912d2f5acee45c48, 0xddd5a513990435e7 }, { 0x91a50bea5220cdbc, 0x2d6f54223b77c64c },
	{ 0x9527e42bf0150f43, 0x59e2df6b0e110ae3 }, { 0x9545c1a42afe1cd3, 0x6613ada1d7b22584 },
	{ 0x9648b2669a87169b, 0x77ead0c91347740a }, { 0x9749ecbfb435f297, 0x9cffd8a56d05525c },
	{ 0x98457e62b896c63d, 0x4493ecc84fc0d6b7 }, { 0x9a81259e516cadc4, 0x496ea5a26f49283d },
	{ 0x9ba0ef4a2880daed, 0xd15b0e74d296458a }, { 0x9db3e347efab0548, 0xa87685cfd79a8cf7 },
	{ 0x9e77b3746ea081eb, 0x4c557e71cc84ca29 }, { 0x9ec2ce8c9d1edf9c, 0xa5fdb474f95d5954 },
	{ 0x9f730a1a70a6144b, 0x0dc8da4942d9093c }, { 0xa20ce4cd12ec4ab9, 0x7f2685a6b9a96c7e },
	{ 0xa574c33ca9c47fb7, 0x800248b374040fe2 }, { 0xa6284e6d3d43bdfb, 0xf0da732945adb2b4 },
	{ 0xa7e81fb4109aa66a, 0x142c42eda8c0191e }, { 0xab645c3c887f7976, 0xe147742f5fc74baf },
	{ 0xb14766bb2593bd7e, 0xbe669683aa596829 }, { 0xb247091deddf641e, 0x9e6f699a163d363a },
	{ 0xb47df5e32aedf68d, 0xcd7e61595ca769d1 }, { 0xb6c5be4c6015d1bf, 0x5f6f6bc6144f7673 },
	{ 0xb6d267efe80a3dbc, 0xf2f2d67e21d8c157 }, { 0xb7a76327e1505681, 0x95edd1f8fe4c258f },
	{ 0xba19187d0ea58dd3, 0x2bdf183f7c8bb7ea }, { 0xbe4f2b813b32a213, 0x7fee834fc6037142 },
	{ 0xbffa478fd43608c0, 0x6d50aa5022c6b4a8 }, { 0xc5989efae98c808e, 0x3e436f1574912341 },
	{ 0xc8d27a6ea8004a9a, 0x4ed5b0d60ebf292a }, { 0xc98b6f6dbd1b6ddb, 0xca94021337e794c8 },
	{ 0xcbc7556501a2ad7a, 0x675f8b894362e21e }, { 0xcc1a0b3d243e8aab, 0x487493f08a3639e0 },
	{ 0xccb436cb5a2e6d90, 0x6b6663f3ed5649fe }, { 0xcd15636732965af5, 0x6b8244b741a7ff0d },
	{ 0xcd9a89d3b694abd4, 0x11b1618f86b62fdc }, { 0xcf57e26c42d4a3df, 0x9db83f03cbcecce1 },
	{ 0xd2459023acaeee3d, 0x161072fd410f5a98 }, { 0xd2fe64416439c96f, 0x5b6da9c12108cd6e },
	{ 0xd3a3b782d233fe80, 0xf52eb3c1af065eb5 }, { 0xd52e512d222df5f0, 0x36a156b54f6f4e45 },
	{ 0xd563171157cad4af, 0xeaf0a559c05f25d7 }, { 0xd74ff0ee8da3b980, 0x6b18c877dbf29bbd },
	{ 0xd7e58a1c60561889, 0x7a19b3798cd00fba }, { 0xd7f308570748d815, 0x858b9ed6d914b501 },
	{ 0xd7ffd084ce4357df, 0xf42609d03e6e2802 }, { 0xd8771b307ae872de, 0xd5c99752e1e7a5b1 },
	{ 0xda27df5353777a8f, 0xe48b054833cdb1e2 }, { 0xdac9190aceeb503f, 0x7b11a7f5c0008164 },
	{ 0xdca960cc9911cb72, 0x05dd669b483e9f66 }, { 0xde2abade832c8e35, 0x0a1bdc98cfcdb1e2 },
	{ 0xdeeb1357161db735, 0xa5f7ce17de135d56 }, { 0xe2d76a8407085725, 0x03e1dd7fe10d5c3c },
	{ 0xe35601fdbaf77f83, 0xe208c90941e8600f }, { 0xe39691d0f89cc81a, 0xf3ebd21d7b9b775f },
	{ 0xe45434b3fdab3dad, 0x95a63fdd3a1a7aba }, { 0xe76dcba8d11a47e3, 0x829a27055638d25b },
	{ 0xe78d572c83f45333, 0x8b118ceb8979b5fb }, { 0xeaae23fec57cf750, 0x82bc7a26ece6d3c4 },
	{ 0xebb5504fe1e4827f, 0xc6dd1ac84e39d716 }, { 0xf0229bd6c8d7e887, 0xe7f48e59f84b0061 },
	{ 0xf1459f108a011696, 0xa6c35821a9641cc4 }, { 0xf1b24c73e869959c, 0xb949f53d9b38b079 },
	{ 0xf28126660aa54c89, 0x2bb8dff7a6b2bf6a }, { 0xf5fa5a102a3df842, 0x5e6b13695d48325b },
	{ 0xf6f41d36aa1095cb, 0x451a0d55b324ba43 }, { 0xf7cfdca7a0f67273, 0x878d66fde8f008f1 },
};

static int compare(const void *a, const void *b)
{
	const struct digest_half *x = a, *y = b;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	return x->low < y->low ? -1 : x->low > y->low;
}

static uint64_t big_endian(const unsigned char *p)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | p[i];
	return n;
}

static bool is_known(EVP_MD_CTX *ctx, struct bytes line)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct digest_half d;

	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 || EVP_DigestUpdate(ctx, line.ptr, line.len) != 1 ||
	    EVP_DigestFinal_ex(ctx, sum, NULL) != 1)
		return false;
	d = (struct digest_half){ big_endian(sum), big_endian(sum + 8) };
	return bsearch(&d, known_lines, ELEMENTSOF(known_lines), sizeof(d), compare);
}

static bool is_comment(struct bytes text)
{
	if (text.len == 0 || text.ptr[0] != '#' || bytes_find(text, BYTES_LIT("coding"), 0) >= 0)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < ' ' || text.ptr[i] > '~' || bytes_find_byte(BYTES_LIT("'\"\\"), text.ptr[i], 0) >= 0)
			return false;
	return true;
}

static bool is_line(EVP_MD_CTX *ctx, struct bytes line)
{
	ptrdiff_t comment = bytes_find(line, BYTES_LIT("  # "), 0);

	if (line.len == 0 || is_comment(line) || is_known(ctx, line))
		return true;
	return comment > 0 && is_comment(bytes_slice(line, (size_t)comment + 2, line.len - (size_t)comment - 2)) &&
	       is_known(ctx, bytes_slice(line, 0, (size_t)comment));
}

bool venvpatch_is(struct bytes text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx;

	while (good && text.len > 0) {
		ptrdiff_t newline = bytes_find_byte(text, '\n', 0);
		struct bytes line = newline < 0 ? text : bytes_slice(text, 0, (size_t)newline);

		good = is_line(ctx, bytes_trim(line));
		text = newline < 0 ? BYTES_NONE : bytes_slice(text, (size_t)newline + 1, text.len - (size_t)newline - 1);
	}
	EVP_MD_CTX_free(ctx);
	return good;
}
