//! Identifiers that look like the service's and are the same in every run.

/// A UUID that is always the same for one seed, on every machine and with every version of the compiler.
pub(crate) fn uuid(seed: &str) -> String {
    let hex = format!("{:032x}", random(seed).u128(..));
    let mut uuid = String::with_capacity(36);
    for (index, digit) in hex.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

/// The 17 hexadecimal digits of an EC2 id, always the same for one seed.
pub(crate) fn ec2_digits(seed: &str) -> String {
    format!("{:017x}", random(seed).u128(..) >> 60)
}

/// A generator that is seeded with the FNV-1a hash of a text, which is fixed, unlike the standard library's.
fn random(seed: &str) -> fastrand::Rng {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let hash = seed.bytes().fold(OFFSET_BASIS, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    });
    fastrand::Rng::with_seed(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_and_ec2_ids_have_the_shape_of_real_ones() {
        let lengths: Vec<usize> = uuid("seed").split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(ec2_digits("seed").len(), 17);
    }
}
